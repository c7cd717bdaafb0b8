// Who changed what: one entry a change, with the difference and without secrets.
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

class RestAuditTest : public AdminServerTest {
 protected:
  // The newest first.
  json::array Entries(const std::string& query) {
    const Reply reply = Admin("GET", "/api/v1/admin/audit?" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Json().at("data").as_array();
  }
  static std::string ChangesOf(const json::value& entry) {
    return json::serialize(entry.at("changes"));
  }
};

TEST_F(RestAuditTest, ATaskThatIsSwitchedOffIsWrittenDownByItsName) {
  const std::string body = R"({"name":"sessions_cleanup","enabled":false})";
  ASSERT_EQ(Admin("POST", "/api/v1/admin/tasks", body).status, 200);
  ASSERT_EQ(Admin("POST", "/api/v1/admin/tasks", body).status, 200) << "changes nothing";
  const json::array entries = Entries("resource=task&resource_name=sessions_cleanup");
  ASSERT_EQ(entries.size(), 1U) << json::serialize(entries);
  EXPECT_EQ(entries[0].at("actor"), "admin");
  EXPECT_EQ(entries[0].at("changes"),
            json::parse(R"([{"field":"enabled","from":true,"to":false}])"))
      << ChangesOf(entries[0]);
  EXPECT_TRUE(Entries("resource=task&resource_name=changes_cleanup").empty());
}

TEST_F(RestAuditTest, AChangeIsWrittenDownWithItsDifference) {
  const Reply made =
      Admin("POST", "/api/v1/groups", R"({"name":"team","limits":{"rpm":10},"remark":"x"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = StrCat("/api/v1/groups/", At(made.Json(), "id").as_int64());
  const Reply changed =
      Admin("PATCH", path, R"({"limits":{"rpm":20,"tpm":5},"fallbacks":["m"],"remark":"x"})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(Admin("PATCH", path, R"({"remark":"x"})").status, 200) << "changes nothing";
  EXPECT_EQ(Admin("DELETE", path).status, 204);

  const json::array entries =
      Entries(StrCat("resource=group&resource_id=", At(made.Json(), "id").as_int64()));
  ASSERT_EQ(entries.size(), 3U) << json::serialize(entries);
  EXPECT_EQ(entries[0].at("action"), "delete");
  EXPECT_EQ(entries[0].at("resource_name"), "team");
  const json::value& update = entries[1];
  EXPECT_EQ(update.at("action"), "update");
  EXPECT_EQ(update.at("actor"), "admin");
  EXPECT_EQ(update.at("user_id"), 1);
  EXPECT_EQ(update.at("client_ip"), "127.0.0.1");
  EXPECT_EQ(update.at("request_id").as_string(), changed.Header("x-request-id"));
  EXPECT_EQ(update.at("changes"), json::parse(R"([{"field":"fallbacks","from":[],"to":["m"]},)"
                                              R"({"field":"limits.rpm","from":10,"to":20},)"
                                              R"({"field":"limits.tpm","from":null,"to":5}])"))
      << ChangesOf(update);
  const json::array one = Entries(StrCat("id=", update.at("id").as_int64()));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0], update);
  EXPECT_EQ(entries[2].at("action"), "create");
  EXPECT_NE(ChangesOf(entries[2]).find(R"({"field":"remark","from":null,"to":"x"})"),
            std::string::npos);
}

TEST_F(RestAuditTest, SecretsAreNotInIt) {
  const Reply made =
      Admin("POST", "/api/v1/admin/accounts",
            R"({"name":"a","platform_type":"openai","request_url":"https://a.example/v1",)"
            R"("secret_key":"sk-very-secret-1","proxy_url":"http://u:hidden-too@p.example:1"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = StrCat(At(made.Json(), "id").as_int64());
  EXPECT_EQ(Admin("PATCH", "/api/v1/admin/accounts/" + id,
                  R"({"secret_key":"sk-very-secret-2","group_ids":[1]})")
                .status,
            200);
  std::int64_t user_id = 0;
  const std::string ann = MakeUser("ann", &user_id);
  const Reply key = As(ann, "POST", "/api/v1/api-keys", R"({"name":"laptop"})");
  ASSERT_EQ(key.status, 201) << key.body;
  EXPECT_EQ(As(ann, "POST", StrCat("/api/v1/api-keys/", At(key.Json(), "id").as_int64(), "/rotate"))
                .status,
            200);
  const Reply all = Admin("GET", "/api/v1/admin/audit?limit=200");
  for (const std::string secret : {"sk-very-secret", "hidden-too", "correct horse", "argon2"}) {
    EXPECT_EQ(all.body.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(all.body.find(std::string(At(key.Json(), "key").as_string().c_str())),
            std::string::npos);
  const json::array entries = Entries("resource=account&resource_id=" + id);
  EXPECT_NE(ChangesOf(entries[0]).find(R"({"field":"secret_key","from":"***","to":"***"})"),
            std::string::npos)
      << ChangesOf(entries[0]);

  // A user's own doing stands under that user.
  const json::array own = Entries(StrCat("user_id=", user_id));
  ASSERT_EQ(own.size(), 2U) << json::serialize(own);
  EXPECT_EQ(own[0].at("actor"), "ann");
  EXPECT_NE(ChangesOf(own[0]).find(R"("field":"key","from":"***")"), std::string::npos);
  EXPECT_EQ(As(ann, "GET", "/api/v1/admin/audit").status, 403);
}

TEST_F(RestAuditTest, SettingsMemberByMemberAndOnlyWhatWasDone) {
  EXPECT_EQ(Admin("PUT", "/api/v1/admin/settings", R"({"registration":"open"})").status, 200);
  EXPECT_EQ(Admin("PUT", "/api/v1/admin/settings", R"({"registration":"no"})").status, 400);
  EXPECT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"default"})").status, 409);
  const json::array entries = Entries("resource=settings");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_NE(ChangesOf(entries[0]).find(R"("field":"settings.registration")"), std::string::npos)
      << ChangesOf(entries[0]);
  EXPECT_TRUE(Entries("resource=group").empty()) << "refused, so nothing was done";
}

// What is missed easily must not become a run over everything.
TEST_F(RestAuditTest, RatingAgainRefusesWhatWouldMeanEverything) {
  const std::string path = "/api/v1/admin/usage/rerate";
  const std::string from = R"({"from":"2026-01-01T00:00:00Z")";
  EXPECT_EQ(Admin("POST", path + "?dry_run=true", from + "}").status, 400);
  EXPECT_EQ(Admin("GET", path + "/1?x=1").status, 400);
  EXPECT_EQ(Admin("DELETE", path + "/1?x=1").status, 400);
  for (const std::string list : {"models", "served_models", "key_ids", "user_ids", "account_ids"}) {
    const Reply reply = Admin("POST", path, from + ",\"" + list + "\":[]}");
    EXPECT_EQ(reply.status, 400) << list;
    EXPECT_EQ(At(reply.Json(), "fields").as_object().count(list), 1U) << reply.body;
  }
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?to=1970-01-01T00:00:00Z").status, 400);
}

TEST_F(RestAuditTest, AChangeThatRelaysHearOfHasItsRevision) {
  const Reply made = Admin("POST", "/api/v1/groups", R"({"name":"team"})");
  const std::string revision = made.Header("x-weir-revision");
  ASSERT_FALSE(revision.empty());
  const json::array of_it = Entries("revision=" + revision);
  ASSERT_EQ(of_it.size(), 1U);
  EXPECT_EQ(of_it[0].at("resource_name"), "team");
  EXPECT_EQ(std::to_string(of_it[0].at("revision").as_int64()), revision);
  EXPECT_EQ(Entries("has_revision=true").at(0), of_it[0]);

  const std::string task = R"({"name":"sessions_cleanup","enabled":false})";
  ASSERT_EQ(Admin("POST", "/api/v1/admin/tasks", task).status, 200);
  const json::array others = Entries("has_revision=false&resource=task");
  ASSERT_EQ(others.size(), 1U);
  EXPECT_TRUE(others[0].at("revision").is_null());
  const std::string request(others[0].at("request_id").as_string());
  ASSERT_FALSE(request.empty());
  EXPECT_EQ(Entries("request_id=" + request), others);
}

TEST_F(RestAuditTest, ListsAreNarrowedByTime) {
  EXPECT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"g"})").status, 201);
  EXPECT_EQ(Entries("resource=group&from=2020-01-01T00:00:00Z").size(), 1U);
  EXPECT_TRUE(Entries("resource=group&to=2020-01-01T00:00:00Z").empty());
  EXPECT_EQ(Admin("GET", "/api/v1/admin/audit?from=yesterday").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/audit?who=me").status, 400);
}

}  // namespace
}  // namespace weir::admin
