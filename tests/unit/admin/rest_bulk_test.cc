// One change of many records.
#include <string>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

class RestBulkTest : public AdminServerTest {
 protected:
  void SetUp() override {
    AdminServerTest::SetUp();
    Start();
  }
};

TEST_F(RestBulkTest, ManyAreChangedAtOnceAsEachWouldBe) {
  std::string ids;
  for (const char* name : {"many-1", "many-2", "many-3"}) {
    const auto key =
        Admin("POST", "/api/v1/api-keys", StrCat(R"({"name":")", name, R"("})")).Json();
    StrAppend(ids, ids.empty() ? "" : ",", At(key, "id").as_int64());
  }
  const auto bulk = [&](const std::string& which, int count, const std::string& change) {
    return Admin("POST", "/api/v1/api-keys/bulk",
                 StrCat("{", which, R"(,"expect_count":)", count, R"(,"change":)", change, "}"));
  };
  const Reply wrong = bulk(R"("filter":{"name":"many-"})", 2, R"({"status":"disabled"})");
  EXPECT_EQ(wrong.status, 409);
  EXPECT_NE(wrong.body.find("there are 3 of them, not 2"), std::string::npos) << wrong.body;
  const auto disabled = [&] {
    return At(Admin("GET", "/api/v1/api-keys?status=disabled&name=many-").Json(), "total")
        .as_int64();
  };
  EXPECT_EQ(disabled(), 0);
  const Reply done = bulk(R"("filter":{"name":"many-"})", 3, R"({"status":"disabled"})");
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(At(done.Json(), "changed").as_array().size(), 3U);
  EXPECT_EQ(disabled(), 3);
  const Reply some = bulk(StrCat(R"("ids":[4711,)", ids, "]"), 4, R"({"status":"active"})");
  ASSERT_EQ(some.status, 200) << some.body;
  EXPECT_EQ(At(some.Json(), "changed").as_array().size(), 3U);
  const auto failed = At(some.Json(), "failed").as_array();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed.at(0).at("id").as_int64(), 4711);
  EXPECT_EQ(failed.at(0).at("status").as_int64(), 404);
  const Reply unknown = bulk(StrCat(R"("ids":[)", ids, "]"), 3, R"({"colour":"red"})");
  EXPECT_EQ(At(unknown.Json(), "failed").as_array().size(), 3U) << "a record's own rules hold";
  for (const char* bad : {R"("filter":{"colour":"red"})", R"("filter":{"user_id":"x"})",
                          R"("ids":[1],"filter":{})", R"("filter":7)", R"("ids":[])"}) {
    EXPECT_EQ(bulk(bad, 1, R"({"status":"active"})").status, 400) << bad;
  }
  EXPECT_EQ(bulk(R"("ids":[1])", 1, "{}").status, 400);
}

TEST_F(RestBulkTest, ManyAreDeletedAtOnceAsEachWouldBe) {
  for (const char* name : {"many-1", "many-2", "stays"}) {
    Admin("POST", "/api/v1/api-keys", StrCat(R"({"name":")", name, R"("})"));
  }
  const auto bulk = [&](const std::string& path, const std::string& body) {
    return Admin("POST", path + "/bulk", body);
  };
  const std::string keys = "/api/v1/api-keys";
  const Reply three = bulk(keys, R"({"filter":{"name":"many-"},"expect_count":3,"delete":true})");
  EXPECT_EQ(three.status, 409) << three.body;
  for (const char* neither :
       {R"({"filter":{},"expect_count":3})", R"({"filter":{},"expect_count":3,"delete":false})",
        R"({"filter":{},"expect_count":3,"delete":true,"change":{"status":"disabled"}})"}) {
    EXPECT_EQ(bulk(keys, neither).status, 400) << neither;
  }
  const Reply done = bulk(keys, R"({"filter":{"name":"many-"},"expect_count":2,"delete":true})");
  EXPECT_EQ(At(done.Json(), "changed").as_array().size(), 2U) << done.body;
  EXPECT_EQ(At(Admin("GET", keys + "?name=many-").Json(), "total").as_int64(), 0);
  EXPECT_EQ(At(Admin("GET", keys + "?name=stays").Json(), "total").as_int64(), 1);

  std::int64_t ann = 0;
  MakeUser("ann", &ann);
  const Reply users = bulk("/api/v1/users", R"({"filter":{},"expect_count":2,"delete":true})");
  EXPECT_EQ(At(users.Json(), "changed").as_array().size(), 1U) << users.body;
  EXPECT_EQ(At(users.Json(), "failed").as_array().size(), 1U) << "nobody deletes themselves";
  EXPECT_EQ(Admin("GET", StrCat("/api/v1/users/", ann)).status, 404);
}

TEST_F(RestBulkTest, ManyOfOthersAreNotChanged) {
  const auto key = Admin("POST", "/api/v1/api-keys", R"({"name":"of-admin"})").Json();
  const std::string ann = MakeUser("ann");
  const Reply tried = As(ann, "POST", "/api/v1/api-keys/bulk",
                         StrCat(R"({"ids":[)", At(key, "id").as_int64(),
                                R"(],"expect_count":1,"change":{"status":"disabled"}})"));
  EXPECT_EQ(At(tried.Json(), "changed").as_array().size(), 0U) << tried.body;
  const Reply all = As(ann, "POST", "/api/v1/api-keys/bulk",
                       R"({"filter":{},"expect_count":0,"change":{"status":"disabled"}})");
  EXPECT_EQ(all.status, 200) << "she has none: " << all.body;
  for (const char* path : {"/api/v1/users/bulk", "/api/v1/admin/accounts/bulk"}) {
    EXPECT_EQ(As(ann, "POST", path, R"({"ids":[1],"expect_count":1,"change":{"name":"x"}})").status,
              403);
  }
}

}  // namespace
}  // namespace weir::admin
