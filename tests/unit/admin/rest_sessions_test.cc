// Where one is logged in, the second factor, and what asks for proof once more.
#include <cctype>
#include <string>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "libs/common/text.h"
#include "services/admin/credentials/one_time_code.h"
#include "services/admin/http/login_limiter.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

std::string TextOf(const boost::json::value& value) { return value.as_string().c_str(); }

// What an app makes of the secret that it was shown.
Secret FromBase32(const std::string& text) {
  std::string bytes;
  unsigned held = 0;
  int bits = 0;
  for (const char c : text) {
    held = held << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  return Secret(bytes);
}

class RestSessionsTest : public AdminServerTest {
 protected:
  Reply LogInWith(const std::string& username, const std::string& code) {
    return Send("POST", "/api/v1/auth/login",
                StrCat(R"({"username":")", username, R"(","password":"correct horse","code":")",
                       code, R"("})"));
  }
  // The code of another step each time, since each counts once.
  std::string Code(const Secret& secret, std::int64_t steps_from_now) {
    return OneTimeCode(secret, SystemClock().NowUnixMs() / kCodeStepMs + steps_from_now);
  }
  // Puts a second factor in force, with the code of the step before this one.
  std::vector<std::string> Enrol(const std::string& token, Secret& secret) {
    const Reply begun = As(token, "POST", "/api/v1/auth/2fa/begin");
    EXPECT_EQ(begun.status, 200) << begun.body;
    secret = FromBase32(TextOf(At(begun.Json(), "secret")));
    enrolled_by_ = Code(secret, -1);
    const Reply done = As(token, "POST", "/api/v1/auth/2fa/confirm",
                          StrCat(R"({"code":")", enrolled_by_, R"("})"));
    EXPECT_EQ(done.status, 200) << done.body;
    std::vector<std::string> codes;
    const auto answer = done.Json();
    for (const auto& code : At(answer, "recovery_codes").as_array()) {
      codes.push_back(TextOf(code));
    }
    return codes;
  }
  // As if all log-ins had been proved long ago.
  void ForgetProofs() {
    auto database = sql::OpenDatabase(StrCat("sqlite:", folder(), "/admin.db"), 1);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE((*database)->Execute("UPDATE sessions SET confirmed_at_ms = 0").ok());
  }

  std::string enrolled_by_;  // the code; the step may have ended since
};

TEST_F(RestSessionsTest, OnesLogInsAreListedAndEnded) {
  const std::string first = MakeUser("ann");
  const Reply second =
      Send("POST", "/api/v1/auth/login", R"({"username":"ann","password":"correct horse"})",
           {{"User-Agent", "phone/1.0"}});
  const std::string other = TextOf(At(second.Json(), "token"));
  const std::string stranger = MakeUser("bob");

  const Reply list = As(first, "GET", "/api/v1/auth/sessions");
  ASSERT_EQ(list.status, 200) << list.body;
  const auto sessions = At(list.Json(), "data").as_array();
  ASSERT_EQ(sessions.size(), 2U);
  std::string phone;
  for (const auto& session : sessions) {
    EXPECT_EQ(TextOf(session.at("client_ip")), "127.0.0.1");
    const bool is_phone = TextOf(session.at("user_agent")) == "phone/1.0";
    EXPECT_EQ(session.at("current").as_bool(), !is_phone);
    if (is_phone) phone = TextOf(session.at("id"));
  }
  EXPECT_EQ(list.body.find("hash"), std::string::npos) << list.body;

  EXPECT_EQ(As(stranger, "DELETE", "/api/v1/auth/sessions/" + phone).status, 404);
  EXPECT_EQ(As(first, "DELETE", "/api/v1/auth/sessions/" + phone).status, 204);
  EXPECT_EQ(As(other, "GET", "/api/v1/auth/profile").status, 401);
  EXPECT_EQ(As(first, "DELETE", "/api/v1/auth/sessions/" + phone).status, 404);

  const std::string third = LogIn("ann", "correct horse");
  EXPECT_EQ(As(first, "DELETE", "/api/v1/auth/sessions").status, 204);
  EXPECT_EQ(As(third, "GET", "/api/v1/auth/profile").status, 401);
  EXPECT_EQ(As(first, "GET", "/api/v1/auth/profile").status, 200);
  EXPECT_EQ(As(stranger, "GET", "/api/v1/auth/profile").status, 200);
}

TEST_F(RestSessionsTest, ASecondFactorIsAskedForOnceItIsInForce) {
  const std::string token = MakeUser("ann");
  const std::string elsewhere = LogIn("ann", "correct horse");
  EXPECT_EQ(As(token, "POST", "/api/v1/auth/2fa/confirm", R"({"code":"123456"})").status, 409)
      << "nothing was begun";
  EXPECT_EQ(As(token, "POST", "/api/v1/auth/2fa/begin").status, 200);
  EXPECT_NE(LogIn("ann", "correct horse"), "") << "not in force before its first code";
  const Reply wrong = As(token, "POST", "/api/v1/auth/2fa/confirm", R"({"code":"12345"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(At(wrong.Json(), "fields").as_object().count("code"), 1U);

  Secret secret;
  const std::vector<std::string> recovery = Enrol(token, secret);
  EXPECT_EQ(recovery.size(), 10U);
  EXPECT_EQ(As(elsewhere, "GET", "/api/v1/auth/profile").status, 401) << "knew no code";
  EXPECT_EQ(As(token, "POST", "/api/v1/auth/2fa/begin").status, 409);

  const Reply without =
      Send("POST", "/api/v1/auth/login", R"({"username":"ann","password":"correct horse"})");
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(TextOf(At(without.Json(), "reason")), "code_needed");
  EXPECT_EQ(TextOf(At(LogInWith("ann", "000000").Json(), "reason")), "not_logged_in");
  EXPECT_EQ(LogInWith("ann", enrolled_by_).status, 401) << "used for the enrolment";
  const std::string code = Code(secret, 0);
  EXPECT_EQ(LogInWith("ann", code).status, 200);
  EXPECT_EQ(LogInWith("ann", code).status, 401) << "a code counts once";

  std::string typed = recovery.front();
  for (char& c : typed) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(LogInWith("ann", typed).status, 200);
  EXPECT_EQ(LogInWith("ann", typed).status, 401) << "so does a recovery code";
  const Reply state = As(token, "GET", "/api/v1/auth/2fa");
  EXPECT_TRUE(At(state.Json(), "in_force").as_bool());
  EXPECT_EQ(At(state.Json(), "recovery_codes_left").as_int64(), 9);
}

TEST_F(RestSessionsTest, CodesAreNotGuessed) {
  const std::string token = MakeUser("ann");
  Secret secret;
  Enrol(token, secret);
  for (int i = 0; i < LoginLimiter::kFailuresPerName; ++i) {
    EXPECT_EQ(LogInWith("ann", "000000").status, 401);
  }
  EXPECT_EQ(LogInWith("ann", Code(secret, 0)).status, 429);
}

TEST_F(RestSessionsTest, AnAdministratorSeesAndTakesOffASecondFactor) {
  std::int64_t id = 0;
  const std::string token = MakeUser("ann", &id);
  Secret secret;
  Enrol(token, secret);
  const std::string path = StrCat("/api/v1/users/", id);
  EXPECT_TRUE(At(Admin("GET", path).Json(), "second_factor").as_bool());
  EXPECT_TRUE(At(As(token, "GET", "/api/v1/auth/profile").Json(), "second_factor").as_bool());
  EXPECT_EQ(As(token, "DELETE", path + "/2fa").status, 403);
  EXPECT_EQ(Admin("DELETE", path + "/2fa").status, 204);
  EXPECT_FALSE(At(Admin("GET", path).Json(), "second_factor").as_bool());
  EXPECT_NE(LogIn("ann", "correct horse"), "");
  EXPECT_EQ(Admin("DELETE", "/api/v1/users/999/2fa").status, 404);
}

TEST_F(RestSessionsTest, WhatIsDangerousAsksForProofAgain) {
  std::int64_t id = 0;
  const std::string token = MakeUser("ann", &id);
  Secret secret;
  Enrol(token, secret);
  const Reply account =
      Admin("POST", "/api/v1/admin/accounts",
            R"({"name":"a","platform_type":"openai","request_url":"https://a.example/v1",)"
            R"("proxy_url":"http://u:pass@p.example:1"})");
  ASSERT_EQ(account.status, 201) << account.body;
  const std::string account_path =
      StrCat("/api/v1/admin/accounts/", At(account.Json(), "id").as_int64());
  const std::string moved = R"({"request_url":"https://b.example/v1"})";
  const std::string by_proxy = R"({"proxy_url":"http://u:pass@q.example:1"})";
  const std::string direct = R"({"proxy_url":""})";
  const std::string raised = R"({"role":"admin"})";
  const std::string user_path = StrCat("/api/v1/users/", id);

  ForgetProofs();
  for (const Reply& refused :
       {Admin("PATCH", account_path, moved), Admin("PATCH", account_path, by_proxy),
        Admin("PATCH", account_path, direct), Admin("PATCH", user_path, raised),
        Admin("DELETE", "/api/v1/admin/logs?before=2020-01-01T00:00:00Z"),
        Admin("DELETE", user_path + "/2fa"), As(token, "POST", "/api/v1/auth/2fa/off")}) {
    EXPECT_EQ(refused.status, 403) << refused.body;
    EXPECT_EQ(TextOf(At(refused.Json(), "reason")), "confirm_needed");
  }
  EXPECT_EQ(Admin("PATCH", account_path, R"({"weight":7})").status, 200) << "the rest goes on";

  for (const char* password : {"pass", "***"}) {
    const std::string same = StrCat(R"({"proxy_url":"http://u:)", password, R"(@p.example:1"})");
    EXPECT_EQ(Admin("PATCH", account_path, same).status, 200) << "the proxy that it has";
  }

  EXPECT_EQ(Admin("POST", "/api/v1/auth/confirm").status, 400);
  EXPECT_EQ(Admin("POST", "/api/v1/auth/confirm", R"({"code":"123456"})").status, 400)
      << "no second factor";
  const Reply wrong = Admin("POST", "/api/v1/auth/confirm", R"({"password":"wrong"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(At(wrong.Json(), "fields").as_object().count("password"), 1U);
  const Reply proved =
      Admin("POST", "/api/v1/auth/confirm", StrCat(R"({"password":")", admin_password(), R"("})"));
  EXPECT_EQ(proved.status, 200) << proved.body;
  EXPECT_EQ(Admin("PATCH", account_path, moved).status, 200);
  EXPECT_EQ(Admin("PATCH", account_path, by_proxy).status, 200);
  EXPECT_EQ(Admin("PATCH", user_path, raised).status, 200);

  const Reply by_code =
      As(token, "POST", "/api/v1/auth/confirm", StrCat(R"({"code":")", Code(secret, 0), R"("})"));
  EXPECT_EQ(by_code.status, 200) << by_code.body;
  EXPECT_EQ(As(token, "POST", "/api/v1/auth/2fa/off").status, 204);
}

}  // namespace
}  // namespace weir::admin
