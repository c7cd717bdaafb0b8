#include <fstream>
#include <string>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

using RestResourcesTest = AdminServerTest;

std::string TextAt(const boost::json::value& json, const char* name) {
  return json.at(name).as_string().c_str();
}

TEST_F(RestResourcesTest, UsersCanBeMadeOfNameAndAddress) {
  const Reply made = Admin("POST", "/api/v1/users", R"({"name":"Ann","email":"Ann@example.com"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(TextAt(made.Json(), "username"), "ann@example.com");
  EXPECT_EQ(made.body.find("\"password\""), std::string::npos);
  EXPECT_EQ(Admin("POST", "/api/v1/users", R"({"name":"Bob"})").status, 400);
}

TEST_F(RestResourcesTest, TheLastAdministratorStays) {
  EXPECT_EQ(Admin("PATCH", "/api/v1/users/1", R"({"role":"user"})").status, 409);
  EXPECT_EQ(Admin("PATCH", "/api/v1/users/1", R"({"status":"disabled"})").status, 409);
  EXPECT_EQ(Admin("DELETE", "/api/v1/users/1").status, 409);
  std::int64_t id = 0;
  MakeUser("ann", &id);
  EXPECT_EQ(Admin("PATCH", StrCat("/api/v1/users/", id), R"({"role":"admin"})").status, 200);
  EXPECT_EQ(Admin("PATCH", "/api/v1/users/1", R"({"role":"user"})").status, 200);
}

TEST_F(RestResourcesTest, ListsSayWhatBelongsToUsersAndGroups) {
  std::int64_t ann = 0;
  MakeUser("ann", &ann);
  MakeUser("annabel");
  for (const char* name : {"one", "two"}) {
    const std::string body = StrCat(R"({"name":")", name, R"(","user_id":)", ann, "}");
    ASSERT_EQ(Admin("POST", "/api/v1/api-keys", body).status, 201);
  }
  const Reply having = Admin("GET", "/api/v1/users?has_keys=true&username=ann");
  ASSERT_EQ(having.status, 200) << having.body;
  ASSERT_EQ(At(having.Json(), "total").as_int64(), 1);
  EXPECT_EQ(At(having.Json(), "data").at(0).at("keys").at("total").as_int64(), 2);
  const Reply without = Admin("GET", "/api/v1/users?has_keys=false&username=anna");
  ASSERT_EQ(At(without.Json(), "total").as_int64(), 1) << without.body;
  EXPECT_EQ(At(without.Json(), "data").at(0).at("keys").at("total").as_int64(), 0);
  EXPECT_EQ(Admin("GET", "/api/v1/users?has_keys=perhaps").status, 400);

  const boost::json::value groups = Admin("GET", "/api/v1/groups").Json();
  const boost::json::value& members = groups.at("data").at(0).at("members");
  EXPECT_EQ(members.at("keys").at("total").as_int64(), 3) << "and the one of the beginning";
  EXPECT_EQ(members.at("users").at("total").as_int64(), 3);
  EXPECT_EQ(Admin("GET", "/api/v1/groups/1").Json().at("members"), members);
}

TEST_F(RestResourcesTest, AKeysTextIsShownOnce) {
  const Reply made = Admin("POST", "/api/v1/api-keys",
                           R"({"name":"k","allowed_models":["claude-*"],"daily_limit":"2.5",
                               "expires_at":"2025-12-31 23:59:59"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string text = TextAt(made.Json(), "key");
  EXPECT_EQ(text.rfind("ck_", 0), 0u);
  EXPECT_EQ(text.size(), 46u);
  EXPECT_EQ(TextAt(made.Json(), "expires_at"), "2025-12-31T23:59:59Z");
  EXPECT_EQ(TextAt(made.Json(), "status"), "expired");
  EXPECT_EQ(At(made.Json(), "limits", "usd_per_day").as_string(), "2.50");
  const std::string path = StrCat("/api/v1/api-keys/", At(made.Json(), "id").as_int64());
  const Reply got = Admin("GET", path);
  EXPECT_EQ(got.body.find(text), std::string::npos);
  EXPECT_EQ(got.Json().as_object().count("key"), 0u);
  const Reply rotated = Admin("POST", path + "/rotate");
  EXPECT_EQ(rotated.status, 200);
  EXPECT_NE(TextAt(rotated.Json(), "key"), text);
  EXPECT_EQ(TextAt(Admin("POST", path + "/disable").Json(), "status"), "disabled");
  EXPECT_EQ(TextAt(Admin("PATCH", path, R"({"expires_at":null})").Json(), "status"), "disabled");
  EXPECT_EQ(TextAt(Admin("POST", path + "/enable").Json(), "status"), "active");
  EXPECT_EQ(Admin("DELETE", path).status, 204);
  EXPECT_EQ(Admin("GET", path).status, 404);
}

TEST_F(RestResourcesTest, UsersSeeAndChangeOnlyTheirOwnKeys) {
  std::int64_t ann_id = 0;
  std::int64_t bob_id = 0;
  const std::string ann = MakeUser("ann", &ann_id);
  const std::string bob = MakeUser("bob", &bob_id);
  const Reply made = As(ann, "POST", "/api/v1/api-keys", R"({"name":"mine"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(At(made.Json(), "user_id").as_int64(), ann_id);
  const std::string path = StrCat("/api/v1/api-keys/", At(made.Json(), "id").as_int64());
  EXPECT_EQ(As(ann, "GET", path).status, 200);
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(As(bob, method, path, R"({"name":"stolen"})").status, 404) << method;
  }
  EXPECT_EQ(As(bob, "POST", path + "/rotate").status, 404);
  EXPECT_EQ(At(As(bob, "GET", "/api/v1/api-keys").Json(), "total").as_int64(), 0);
  EXPECT_EQ(At(As(ann, "GET", "/api/v1/api-keys").Json(), "total").as_int64(), 1);
  EXPECT_EQ(At(Admin("GET", "/api/v1/api-keys").Json(), "total").as_int64(), 2) << "and dev";
  EXPECT_EQ(As(bob, "GET", StrCat("/api/v1/users/", ann_id, "/apikeys")).status, 404);
  const Reply foreign =
      As(bob, "POST", "/api/v1/api-keys", StrCat(R"({"name":"k","user_id":)", ann_id, "}"));
  EXPECT_EQ(foreign.status, 400);
  for (const char* closed : {"/api/v1/users", "/api/v1/groups", "/api/v1/admin/accounts",
                             "/api/v1/admin/prices", "/api/v1/admin/settings"}) {
    EXPECT_EQ(As(bob, "GET", closed).status, 403) << closed;
  }
}

TEST_F(RestResourcesTest, WhatAnAdministratorSetOnAKeyHolds) {
  const std::string ann = MakeUser("ann");
  const Reply made = As(ann, "POST", "/api/v1/api-keys", R"({"name":"k","limits":{"rpm":5}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = StrCat("/api/v1/api-keys/", At(made.Json(), "id").as_int64());
  EXPECT_FALSE(At(made.Json(), "managed").as_bool());
  EXPECT_EQ(As(ann, "PATCH", path, R"({"limits":{"rpm":50}})").status, 200) << "her own limit";
  EXPECT_EQ(As(ann, "POST", path + "/disable").status, 200);
  EXPECT_EQ(As(ann, "POST", path + "/enable").status, 200);

  EXPECT_EQ(Admin("POST", path + "/disable").status, 200);
  EXPECT_EQ(As(ann, "POST", path + "/enable").status, 403);
  EXPECT_EQ(As(ann, "PATCH", path, R"({"status":"active"})").status, 403);
  EXPECT_EQ(As(ann, "PUT", path, R"({"name":"k"})").status, 403);
  const char* narrowed = R"({"status":"active","limits":{"usd_per_day":"1"},
                             "allowed_models":["claude-*"],"allowed_ips":["10.0.0.0/8"]})";
  EXPECT_TRUE(At(Admin("PATCH", path, narrowed).Json(), "managed").as_bool());
  const Reply wider =
      As(ann, "PATCH", path, R"({"limits":null,"allowed_models":[],"allowed_ips":["0.0.0.0/0"]})");
  EXPECT_EQ(wider.status, 400);
  for (const char* field : {"limits.usd_per_day", "limits.rpm", "allowed_models", "allowed_ips"}) {
    EXPECT_EQ(At(wider.Json(), "fields").as_object().count(field), 1u) << field;
  }
  const Reply narrower = As(ann, "PATCH", path,
                            R"({"name":"mine","limits":{"usd_per_day":"0.5"},
                                "allowed_models":["claude-x"],"allowed_ips":["10.1.0.0/16"]})");
  EXPECT_EQ(narrower.status, 200) << narrower.body;
  EXPECT_EQ(As(ann, "PUT", path, As(ann, "GET", path).body).status, 200) << "as it was got";

  const char* opened = R"({"limits":null,"allowed_models":[],"allowed_ips":[]})";
  EXPECT_FALSE(At(Admin("PATCH", path, opened).Json(), "managed").as_bool());
  EXPECT_EQ(As(ann, "PATCH", path, R"({"limits":{"rpm":500}})").status, 200);
}

TEST_F(RestResourcesTest, UsersCannotPickAnotherGroup) {
  const std::string ann = MakeUser("ann");
  ASSERT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"gold"})").status, 201);
  const Reply reply = As(ann, "POST", "/api/v1/api-keys", R"({"name":"k","group_id":2})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(At(reply.Json(), "fields").as_object().count("group_id"), 1u);
  EXPECT_EQ(Admin("POST", "/api/v1/api-keys", R"({"name":"k","group_id":2})").status, 201);
  EXPECT_EQ(Admin("DELETE", "/api/v1/groups/2").status, 409) << "a key is in it";
}

TEST_F(RestResourcesTest, KeysBelowUsers) {
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  const std::string path = StrCat("/api/v1/users/", id, "/apikeys");
  const Reply made = As(ann, "POST", path, R"({"name":"k"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string key = StrCat(path, "/", At(made.Json(), "id").as_int64());
  EXPECT_EQ(TextAt(Admin("PUT", key + "/disable").Json(), "status"), "disabled");
  EXPECT_EQ(TextAt(Admin("PUT", key + "/enable").Json(), "status"), "active");
  EXPECT_EQ(At(Admin("GET", path).Json(), "total").as_int64(), 1);
  EXPECT_EQ(Admin("PUT", StrCat("/api/v1/users/1/apikeys/", 2, "/disable")).status, 404)
      << "another user's key";
  EXPECT_EQ(Admin("DELETE", StrCat("/api/v1/users/", id)).status, 204) << "takes its keys along";
  EXPECT_EQ(At(Admin("GET", "/api/v1/api-keys").Json(), "total").as_int64(), 1);
}

TEST_F(RestResourcesTest, AccountsHideTheirSecrets) {
  const Reply made = Admin("POST", "/api/v1/admin/accounts",
                           R"({"name":"a","platform_type":"openai","group_id":1,
                               "request_url":"https://api.openai.com/v1","secret_key":"sk-hidden",
                               "proxy_url":"http://u:pw-hidden@proxy:3128"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(At(made.Json(), "has_secret").as_bool());
  EXPECT_EQ(TextAt(made.Json(), "provider"), "openai");
  EXPECT_EQ(TextAt(made.Json(), "credential_type"), "bearer");
  EXPECT_EQ(TextAt(made.Json(), "proxy_url"), "http://u:***@proxy:3128");
  const std::string path = StrCat("/api/v1/admin/accounts/", At(made.Json(), "id").as_int64());
  Reply put = Admin("PUT", path, Admin("GET", path).body);
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_TRUE(At(put.Json(), "has_secret").as_bool()) << "what cannot be read is kept";
  EXPECT_EQ(TextAt(put.Json(), "proxy_url"), "http://u:***@proxy:3128");
  for (const Reply& reply : {made, put, Admin("GET", "/api/v1/admin/accounts")}) {
    EXPECT_EQ(reply.body.find("hidden"), std::string::npos);
  }
  const auto cleared = Admin("PATCH", path, R"({"secret_key":null})").Json();
  EXPECT_FALSE(At(cleared, "has_secret").as_bool());
}

TEST_F(RestResourcesTest, AccountsAreSwitched) {
  const Reply made =
      Admin("POST", "/api/v1/admin/accounts",
            R"({"name":"a","platform_type":"claude","request_url":"https://api.anthropic.com"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = StrCat("/api/v1/admin/accounts/", At(made.Json(), "id").as_int64());
  EXPECT_EQ(TextAt(Admin("POST", path + "/disable").Json(), "status"), "disabled");
  EXPECT_EQ(At(Admin("GET", "/api/v1/admin/accounts?status=disabled").Json(), "total"), 1);
  EXPECT_EQ(TextAt(Admin("POST", path + "/reset").Json(), "status"), "disabled");
  EXPECT_EQ(TextAt(Admin("POST", path + "/enable").Json(), "status"), "normal");
  EXPECT_EQ(TextAt(Admin("PATCH", path, R"({"status":"disabled"})").Json(), "status"), "disabled");
  EXPECT_EQ(Admin("GET", "/api/v1/admin/accounts?status=lost").status, 400);
  const auto total = [&](const std::string& query) {
    return At(Admin("GET", "/api/v1/admin/accounts?" + query).Json(), "total").as_int64();
  };
  EXPECT_EQ(total("model=anything"), 1) << "it names none, so it serves all";
  EXPECT_EQ(total("tier=none&proxy=false&attention=false"), 1);
  EXPECT_EQ(total("tier=pro%2B") + total("proxy=true") + total("attention=true"), 0);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/accounts?tier=gold").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/accounts?attention=1").status, 400);
  EXPECT_EQ(Admin("DELETE", path).status, 204);
}

TEST_F(RestResourcesTest, PricesAreDatedAndImported) {
  EXPECT_EQ(At(Admin("GET", "/api/v1/admin/prices").Json(), "total").as_int64(), 2);
  const Reply first = Admin("POST", "/api/v1/admin/prices",
                            R"({"provider":"p","model":"m","input":"0.25","output":1})");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_TRUE(At(first.Json(), "effective_from").is_null()) << "the first holds since ever";
  EXPECT_EQ(TextAt(first.Json(), "input"), "0.25");
  const Reply second = Admin("POST", "/api/v1/admin/prices",
                             R"({"provider":"p","model":"m","input":"0.5","output":1})");
  EXPECT_TRUE(At(second.Json(), "effective_from").is_string()) << "the next from now on";
  EXPECT_EQ(Admin("POST", "/api/v1/admin/prices", R"({"model":"m","input":"0.0000001"})").status,
            400);

  const std::string csv = "provider,model,input,output\np,m,0.6,1\np,n,1,1\n";
  const auto plan = Admin("POST", "/api/v1/admin/prices/import?dry_run=true", csv).Json();
  EXPECT_EQ(At(plan, "added").as_array().size(), 1u);
  EXPECT_EQ(At(plan, "changed").as_array().at(0).at("pct").as_int64(), 20);
  EXPECT_EQ(At(Admin("GET", "/api/v1/admin/prices").Json(), "total").as_int64(), 4);
  EXPECT_EQ(Admin("POST", "/api/v1/admin/prices/import", csv).status, 200);
  EXPECT_EQ(At(Admin("GET", "/api/v1/admin/prices").Json(), "total").as_int64(), 6);
  const Reply bad =
      Admin("POST", "/api/v1/admin/prices/import", "provider,model,input,output\np,m,x,1\n");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(At(bad.Json(), "fields").as_object().count("line 2"), 1u);
}

TEST_F(RestResourcesTest, AnImportReportsEachRowAndCanPassOverTheRefused) {
  const std::string import = "/api/v1/admin/prices/import";
  const std::string csv =
      "provider,model,input,output\n"
      "p,a,1,2\n"
      "p,b,oops,2\n"
      "p,c,1,2000\n";
  const Reply dry = Admin("POST", import + "?dry_run=true", csv);
  ASSERT_EQ(dry.status, 200) << dry.body;
  const auto refused = At(dry.Json(), "refused").as_array();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused.at(0).at("line").as_int64(), 3);
  EXPECT_EQ(refused.at(0).at("column").as_string(), "input");
  EXPECT_EQ(At(dry.Json(), "suspicious").as_array().at(0).at("model").as_string(), "c");
  EXPECT_EQ(Admin("POST", import, csv).status, 400) << "all or none";
  EXPECT_EQ(At(Admin("GET", "/api/v1/admin/prices?provider=p").Json(), "total").as_int64(), 0);
  const Reply real = Admin("POST", import + "?skip_refused=true", csv);
  ASSERT_EQ(real.status, 200) << real.body;
  EXPECT_EQ(At(real.Json(), "added").as_array().size(), 2U);
  EXPECT_EQ(At(real.Json(), "refused").as_array().size(), 1U);
  const Reply again = Admin("POST", import + "?skip_refused=true", csv);
  EXPECT_EQ(At(again.Json(), "unchanged").as_int64(), 2);
  EXPECT_EQ(Admin("POST", import + "?dry_run=maybe", csv).status, 400);
}

// As in lists: nobody makes a model free by leaving out figures.
TEST_F(RestResourcesTest, APriceOfNothingSaysThatItIsFree) {
  const Reply reply = Admin("POST", "/api/v1/admin/prices",
                            R"({"provider":"p","model":"gift","input":"0","output":"0"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(At(reply.Json(), "fields").as_object().count("free"), 1U) << reply.body;
  EXPECT_EQ(Admin("POST", "/api/v1/admin/prices",
                  R"({"provider":"p","model":"gift","input":"0","output":"0","free":true})")
                .status,
            201);
  EXPECT_EQ(Admin("POST", "/api/v1/admin/prices",
                  R"({"provider":"p","model":"half","input":"0","output":"1"})")
                .status,
            201);
}

TEST_F(RestResourcesTest, AnImportMayBeJson) {
  const std::string import = "/api/v1/admin/prices/import";
  const char* list = R"([
    {"provider":"p","model":"a","input":"1","output":2,"aliases":["a-1"]},
    {"provider":"p","model":"b","input":"x","output":"2","no_field":1},
    {"provider":"p","model":"z","input":"0","output":"0"},
    7])";
  const Reply dry = Admin("POST", import + "?dry_run=true", list);
  ASSERT_EQ(dry.status, 200) << dry.body;
  EXPECT_EQ(At(dry.Json(), "added").as_array().size(), 1U);
  const auto refused = At(dry.Json(), "refused").as_array();
  ASSERT_EQ(refused.size(), 4U) << dry.body;
  EXPECT_EQ(refused.at(0).at("line").as_int64(), 2);
  EXPECT_EQ(refused.at(2).at("column").as_string(), "free");
  ASSERT_EQ(Admin("POST", import + "?skip_refused=true", list).status, 200);
  // What the list answers is a list that can be imported.
  const std::string all = Admin("GET", "/api/v1/admin/prices?provider=p").body;
  const Reply same = Admin("POST", import, all);
  ASSERT_EQ(same.status, 200) << same.body;
  EXPECT_EQ(At(same.Json(), "unchanged").as_int64(), 1);
  EXPECT_EQ(Admin("POST", import, "{\"no\":1}").status, 400);
  // A new price keeps the aliases that it says nothing of.
  const Reply next = Admin("POST", "/api/v1/admin/prices",
                           R"({"provider":"p","model":"a","input":"3","output":"3"})");
  ASSERT_EQ(next.status, 201) << next.body;
  EXPECT_EQ(At(next.Json(), "aliases").as_array().at(0).as_string(), "a-1");
}

TEST_F(RestResourcesTest, PricesOfThePastStayAndMistakesGo) {
  const char* import = "/api/v1/admin/prices/import";
  const std::string header = "provider,model,input,output,effective_from\n";
  ASSERT_EQ(Admin("POST", import, header + "p,m,1,1,2020-01-01T00:00:00Z\n").status, 200);
  EXPECT_EQ(Admin("POST", import, header + "p,m,9,9,2020-01-01T00:00:00Z\n").status, 409);
  const char* past = R"({"provider":"p","model":"m","input":"9","output":"9",
                         "effective_from":"2020-02-01T00:00:00Z"})";
  EXPECT_EQ(Admin("POST", "/api/v1/admin/prices", past).status, 409);
  const Reply latin = Admin("POST", import, header + "p,b\xfc,1,1,\n");
  EXPECT_EQ(latin.status, 400);
  EXPECT_EQ(At(latin.Json(), "fields").as_object().count("line 2"), 1u);

  const auto found = Admin("GET", "/api/v1/admin/prices?provider=p").Json();
  ASSERT_EQ(At(found, "total").as_int64(), 1);
  const auto id = At(found, "data").as_array().at(0).at("id").as_int64();
  const std::string path = StrCat("/api/v1/admin/prices/", id);
  EXPECT_EQ(Admin("DELETE", path, "", {{"If-Match", "\"7\""}}).status, 409);
  EXPECT_EQ(Admin("DELETE", path).status, 204);
  EXPECT_EQ(Admin("DELETE", path).status, 404);
}

TEST_F(RestResourcesTest, WhatCannotBeStoredIsNamed) {
  const Reply nul = Admin("POST", "/api/v1/groups", R"({"name":"g","remark":"a\u0000b"})");
  EXPECT_EQ(nul.status, 400) << nul.body;
  EXPECT_EQ(At(nul.Json(), "fields").as_object().count("remark"), 1u);
  for (const char* query : {"?name=%ff", "?name=a%00b"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/users") + query).status, 400) << query;
  }
  EXPECT_EQ(Send("POST", "/api/v1/auth/login", R"({"username":"a\u0000","password":"p"})").status,
            400);
}

TEST_F(RestResourcesTest, NullClearsLimitsAndTimeouts) {
  const Reply made = Admin("POST", "/api/v1/groups", R"({"name":"g","limits":{"rpm":5}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = StrCat("/api/v1/groups/", At(made.Json(), "id").as_int64());
  const auto kept = Admin("PATCH", path, R"({"limits":{"tpm":7}})").Json();
  EXPECT_EQ(At(kept, "limits", "rpm").as_int64(), 5);
  const auto cleared = Admin("PATCH", path, R"({"limits":null})").Json();
  EXPECT_TRUE(At(cleared, "limits", "rpm").is_null());
  EXPECT_TRUE(At(cleared, "limits", "tpm").is_null());
}

TEST_F(RestResourcesTest, SecretsComeWithoutTheirLinesEnd) {
  const char* base = R"({"name":"a","platform_type":"openai","request_url":"https://x",)";
  const std::string split = std::string(base) + R"("secret_key":"sk\nabc"})";
  const Reply bad = Admin("POST", "/api/v1/admin/accounts", split);
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(At(bad.Json(), "fields").as_object().count("secret_key"), 1u);
  EXPECT_EQ(bad.body.find("abc"), std::string::npos);
  const std::string pasted = std::string(base) + R"("secret_key":"sk-abc\n"})";
  EXPECT_EQ(Admin("POST", "/api/v1/admin/accounts", pasted).status, 201);
}

TEST_F(RestResourcesTest, ModelsAreWhatTheCallersGroupsServe) {
  ASSERT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"gold"})").status, 201);
  ASSERT_EQ(Admin("POST", "/api/v1/admin/accounts",
                  R"({"name":"a","platform_type":"claude","request_url":"https://api.anthropic.com",
                      "models":["claude-*"],"model_mapping":{"mine":"claude-x"}})")
                .status,
            201);
  ASSERT_EQ(Admin("POST", "/api/v1/admin/accounts",
                  R"({"name":"b","platform_type":"openai","request_url":"https://api.openai.com/v1",
                      "models":["gpt-*"],"group_ids":[2]})")
                .status,
            201);
  const std::string ann = MakeUser("ann");
  EXPECT_EQ(
      As(ann, "GET", "/api/v1/models").body,
      R"([{"name":"claude-x","provider":"anthropic"},{"name":"mine","provider":"anthropic"}])");
  EXPECT_EQ(Admin("GET", "/api/v1/models").Json().as_array().size(), 3u);
}

TEST_F(RestResourcesTest, SettingsAreWhole) {
  const Reply put = Admin("PUT", "/api/v1/admin/settings",
                          R"({"serve_unpriced_models":true,"timeouts":{"idle_ms":5000}})");
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(At(put.Json(), "timeouts", "idle_ms").as_int64(), 5000);
  const auto again = Admin("PUT", "/api/v1/admin/settings", "{}").Json();
  EXPECT_FALSE(At(again, "serve_unpriced_models").as_bool());
  EXPECT_EQ(Admin("PUT", "/api/v1/admin/settings", R"({"serve_all":true})").status, 400);
}

TEST_F(RestResourcesTest, WhatHappensWhileRedisIsAwayIsAWordOfAClosedList) {
  const auto settings = Admin("GET", "/api/v1/admin/settings").Json();
  EXPECT_EQ(At(settings, "redis_away_policy").as_string(), "local");
  const Reply closed = Admin("PUT", "/api/v1/admin/settings", R"({"redis_away_policy":"closed"})");
  EXPECT_EQ(At(closed.Json(), "redis_away_policy").as_string(), "closed");
  EXPECT_EQ(Admin("PUT", "/api/v1/admin/settings", R"({"redis_away_policy":"default"})").status,
            400);
  EXPECT_EQ(Admin("PUT", "/api/v1/admin/settings", R"({"redis_away_policy":"maybe"})").status, 400);
  const auto group = Admin("POST", "/api/v1/groups", R"({"name":"careful"})").Json();
  EXPECT_EQ(At(group, "redis_away_policy").as_string(), "default");
  const Reply changed = Admin("PATCH", "/api/v1/groups/2", R"({"redis_away_policy":"open"})");
  EXPECT_EQ(At(changed.Json(), "redis_away_policy").as_string(), "open");
}

TEST_F(RestResourcesTest, TheYamlFileIsAppliedAtStart) {
  const std::string path = folder() + "/weir.yaml";
  std::ofstream(path) << "groups:\n  - {name: declared}\n";
  Start({{"config-file", path}});
  EXPECT_EQ(At(Admin("GET", "/api/v1/groups?name=declared").Json(), "total").as_int64(), 1);
}

}  // namespace
}  // namespace weir::admin
