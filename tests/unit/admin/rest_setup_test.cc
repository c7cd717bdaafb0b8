// /setup: the first administrator, by a token or out of the environment.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "libs/common/text.h"
#include "services/admin/http/login_limiter.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

class RestSetupTest : public AdminServerTest {
 protected:
  Reply SetUpWith(const std::string& token, const std::string& more = "",
                  const std::string& username = "root") {
    return Send("POST", "/setup",
                StrCat(R"({"token":")", token, R"(","username":")", username,
                       R"(","password":"correct horse")", more, "}"));
  }
  std::string SecretFile(const std::string& text) {
    std::string path = folder() + "/password";
    std::ofstream(path) << text << "\n";
    chmod(path.c_str(), 0600);
    return path;
  }
};

TEST_F(RestSetupTest, WhereThereIsAnAdministratorThereIsNoSetup) {
  EXPECT_EQ(setup_token(), "");
  EXPECT_EQ(Send("GET", "/setup").status, 404);
  EXPECT_EQ(Send("GET", "/setup", "", {{"Accept", "text/html"}}).status, 404);
  EXPECT_EQ(SetUpWith("").status, 404);
  EXPECT_FALSE(At(Send("GET", "/api/v1/public").Json(), "setup_needed").as_bool());
}

TEST_F(RestSetupTest, TheTokenMakesAdministratorAccountAndKey) {
  ASSERT_TRUE(StartEmpty().ok());
  EXPECT_TRUE(At(Send("GET", "/api/v1/public").Json(), "setup_needed").as_bool());
  EXPECT_EQ(At(Send("GET", "/setup").Json(), "storage").as_string(), "sqlite");
  const std::string token = setup_token();
  EXPECT_EQ(token.size(), 32u);
  const Reply done =
      SetUpWith(token, R"(,"account":{"name":"main","platform_type":"claude",)"
                       R"("request_url":"https://api.anthropic.com","secret_key":"sk-hidden"},)"
                       R"("api_key":{"name":"first"})");
  ASSERT_EQ(done.status, 201) << done.body;
  const auto json = done.Json();
  EXPECT_EQ(At(json, "user", "role").as_string(), "admin");
  EXPECT_TRUE(At(json, "account", "has_secret").as_bool());
  EXPECT_TRUE(At(json, "api_key", "key").as_string().starts_with("ck_"));
  EXPECT_EQ(done.body.find("sk-hidden"), std::string::npos);
  EXPECT_NE(done.Header("set-cookie"), "");
  const std::string login = At(json, "token").as_string().c_str();
  const Reply accounts = As(login, "GET", "/api/v1/admin/accounts");
  EXPECT_EQ(At(accounts.Json(), "total").as_int64(), 1);
  EXPECT_EQ(At(As(login, "GET", "/api/v1/api-keys").Json(), "total").as_int64(), 1);
  EXPECT_NE(LogIn("root", "correct horse"), "");

  EXPECT_EQ(SetUpWith(token, "", "other").status, 404) << "a token counts once";
  EXPECT_EQ(Send("GET", "/setup").status, 404);
  ASSERT_TRUE(StartEmpty().ok());
  EXPECT_EQ(setup_token(), "") << "and a restart makes no other";
}

TEST_F(RestSetupTest, AnAccountKeepsWhatRenewsIt) {
  ASSERT_TRUE(StartEmpty().ok());
  const Reply done =
      SetUpWith(setup_token(),
                R"(,"account":{"name":"main","platform_type":"claude","credential_type":"oauth",)"
                R"("request_url":"https://api.anthropic.com","oauth":{)"
                R"("token_url":"http://127.0.0.1:9/token","client_id":"weir",)"
                R"("client_secret":"s3cret","refresh_token":"r3fresh"}})");
  ASSERT_EQ(done.status, 201) << done.body;
  const auto json = done.Json();
  EXPECT_TRUE(At(json, "account", "oauth", "has_client_secret").as_bool());
  EXPECT_TRUE(At(json, "account", "oauth", "has_refresh_token").as_bool());
  EXPECT_TRUE(At(json, "account", "oauth", "next_refresh_at").is_string()) << "at once";
  EXPECT_EQ(done.body.find("s3cret"), std::string::npos);
  EXPECT_EQ(done.body.find("r3fresh"), std::string::npos);
}

TEST_F(RestSetupTest, AWrongTokenMakesNothingAndCannotBeGuessed) {
  ASSERT_TRUE(StartEmpty().ok());
  for (int i = 0; i < LoginLimiter::kFailuresPerName; ++i) {
    EXPECT_EQ(SetUpWith("00000000000000000000000000000000").status, 403);
  }
  EXPECT_EQ(SetUpWith(setup_token()).status, 429);
}

TEST_F(RestSetupTest, ARestartMakesAnotherToken) {
  ASSERT_TRUE(StartEmpty().ok());
  const std::string before = setup_token();
  ASSERT_TRUE(StartEmpty().ok());
  EXPECT_NE(setup_token(), before);
  EXPECT_EQ(SetUpWith(before).status, 403);
  EXPECT_EQ(SetUpWith(setup_token()).status, 201);
}

TEST_F(RestSetupTest, WhatIsWrongIsNamedAndTheTokenStaysGood) {
  ASSERT_TRUE(StartEmpty().ok());
  const std::string token = setup_token();
  const Reply common =
      Send("POST", "/setup",
           StrCat(R"({"token":")", token, R"(","username":"root","password":"password123"})"));
  EXPECT_EQ(common.status, 400);
  EXPECT_EQ(At(common.Json(), "fields").as_object().count("password"), 1u);
  const Reply account = SetUpWith(token, R"(,"account":{"name":"a","platform_type":"claude",)"
                                         R"("request_url":"http://169.254.169.254/"})");
  EXPECT_EQ(account.status, 400);
  EXPECT_EQ(At(account.Json(), "fields").as_object().count("account.request_url"), 1u)
      << account.body;
  EXPECT_EQ(SetUpWith(token, R"(,"role":"user")").status, 400);
  EXPECT_EQ(SetUpWith(token, R"(,"account":7)").status, 400);
  EXPECT_EQ(Send("POST", "/setup", R"({"token":7})").status, 403);
  EXPECT_EQ(SetUpWith(token).status, 201);
}

TEST_F(RestSetupTest, ABrowserGetsTheConsoleAndAProgramTheState) {
  std::filesystem::create_directory(folder() + "/dist");
  std::ofstream(folder() + "/dist/index.html") << "<!doctype html>console";
  ASSERT_TRUE(StartEmpty({{"console-dir", folder() + "/dist"}}).ok());
  const Reply page = Send("GET", "/setup", "", {{"Accept", "text/html,*/*"}});
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html>console");
  EXPECT_TRUE(At(Send("GET", "/setup").Json(), "setup_needed").as_bool());
}

TEST_F(RestSetupTest, UnattendedByAPasswordInAFile) {
  const std::string file = SecretFile("battery staple");
  ASSERT_TRUE(StartEmpty({{"setup-password-file", file}, {"setup-username", "Ops"}}).ok());
  EXPECT_EQ(setup_token(), "");
  EXPECT_NE(LogIn("ops", "battery staple"), "");
  SecretFile("another battery");
  ASSERT_TRUE(StartEmpty({{"setup-password-file", file}, {"setup-username", "Ops"}}).ok());
  EXPECT_NE(LogIn("ops", "battery staple"), "") << "it is the first administrator's alone";
}

TEST_F(RestSetupTest, AWellKnownPasswordDoesNotStart) {
  const absl::Status started = StartEmpty({{"setup-password-file", SecretFile("changeme123")}});
  EXPECT_NE(started.ToString().find("setup password"), std::string::npos) << started;
  EXPECT_EQ(started.ToString().find("changeme123"), std::string::npos);
}

}  // namespace
}  // namespace weir::admin
