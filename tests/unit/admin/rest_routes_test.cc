#include <string>

#include <boost/json/parse.hpp>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

using RestRoutesTest = AdminServerTest;

constexpr const char* kPath = "/api/v1/admin/models";

TEST_F(RestRoutesTest, ARouteComesBackAsItWasSent) {
  const std::string body =
      R"({"name":"big","model":"claude-*","group_ids":[1],"position":3,"status":"disabled",)"
      R"("upstream_model":"glm-4.6","rules":[{"input_tokens_above":1000,"input_tokens_below":null,)"
      R"("thinking":"present","tools":"absent","images":"any","upstream_model":"glm-long"}],)"
      R"("fallbacks":["gpt-5"],"max_tokens":{"min":16,"max":4096,"default":512},)"
      R"("temperature_default":"0.7","stream":"off","timeouts":{"connect_ms":null,)"
      R"("first_byte_ms":9000,"idle_ms":null,"total_ms":60000},"attempts_max":2,)"
      R"("on_disconnect":"drain","native_only":true,"drain_ms_max":30000,"drain_usd_max":"0.05"})";
  const Reply made = Admin("POST", kPath, body);
  ASSERT_EQ(made.status, 201) << made.body;
  const boost::json::value wanted = boost::json::parse(body);
  for (const auto& member : wanted.as_object()) {
    EXPECT_EQ(made.Json().at(member.key()), member.value()) << member.key();
  }
  const std::string path = StrCat(kPath, "/", made.Json().at("id").as_int64());
  const Reply got = Admin("GET", path);
  EXPECT_EQ(got.Json(), made.Json());
  // What an answer holds may come back.
  const Reply same = Admin("PUT", path, got.body);
  EXPECT_EQ(same.status, 200) << same.body;
  const Reply listed = Admin("GET", StrCat(kPath, "?sort=position&model=claude-*"));
  EXPECT_EQ(listed.Json().at("total").as_int64(), 1);
  EXPECT_EQ(Admin("DELETE", path).status, 204);
  EXPECT_EQ(Admin("GET", path).status, 404);
}

TEST_F(RestRoutesTest, APartChangesAndTheWholeReplaces) {
  const Reply made =
      Admin("POST", kPath, R"({"model":"fast","upstream_model":"a","fallbacks":["b"]})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.Json().at("name").as_string(), "fast");
  const std::string path = StrCat(kPath, "/", made.Json().at("id").as_int64());
  const Reply patched = Admin("PATCH", path, R"({"upstream_model":"c"})");
  ASSERT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(patched.Json().at("fallbacks").as_array().size(), 1U);
  const Reply put = Admin("PUT", path, R"({"model":"fast"})");
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.Json().at("upstream_model").as_string(), "");
  EXPECT_TRUE(put.Json().at("fallbacks").as_array().empty());
}

TEST_F(RestRoutesTest, MistakesNameTheirField) {
  struct Case {
    const char* body;
    const char* field;
  };
  for (const Case& c : {Case{R"({})", "model"},
                        Case{R"({"model":"m","rules":[{"upstream_model":"a"}]})", "rules[0]"},
                        Case{R"({"model":"m","rules":[{"tools":"present","size":5,)"
                             R"("upstream_model":"a"}]})",
                             "rules[0].size"},
                        Case{R"({"model":"m","max_tokens":{"min":9,"max":1}})", "max_tokens"},
                        Case{R"({"model":"m","fallbacks":["m"]})", "fallbacks"},
                        Case{R"({"model":"m","group_ids":[77]})", "group_ids"},
                        Case{R"({"model":"m","temperature_default":9})", "temperature_default"}}) {
    const Reply reply = Admin("POST", kPath, c.body);
    EXPECT_EQ(reply.status, 400) << c.body;
    EXPECT_TRUE(reply.Json().at("fields").as_object().contains(c.field)) << reply.body;
  }
  ASSERT_EQ(Admin("POST", kPath, R"({"model":"m"})").status, 201);
  EXPECT_EQ(Admin("POST", kPath, R"({"model":"m"})").status, 409) << "the name is taken";
}

TEST_F(RestRoutesTest, AGroupThatARouteNamesStays) {
  const Reply group = Admin("POST", "/api/v1/groups", R"({"name":"team"})");
  ASSERT_EQ(group.status, 201);
  const std::int64_t id = group.Json().at("id").as_int64();
  ASSERT_EQ(Admin("POST", kPath, StrCat(R"({"model":"m","group_ids":[)", id, "]}")).status, 201);
  EXPECT_EQ(Admin("DELETE", StrCat("/api/v1/groups/", id)).status, 409);
}

TEST_F(RestRoutesTest, UsersSeeNoRoutes) {
  const std::string token = MakeUser("ann");
  EXPECT_EQ(As(token, "GET", kPath).status, 403);
}

}  // namespace
}  // namespace weir::admin
