#include <string>

#include "libs/common/text.h"
#include "services/admin/http/login_limiter.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

using RestAuthTest = AdminServerTest;

std::string Body(const std::string& username, const std::string& password) {
  return StrCat(R"({"username":")", username, R"(","password":")", password, R"("})");
}

// The value of a cookie that an answer sets.
std::string CookieOf(const Reply& reply, const std::string& name) {
  const auto [first, last] = reply.headers.equal_range("set-cookie");
  for (auto header = first; header != last; ++header) {
    if (header->second.rfind(name + "=", 0) != 0) continue;
    return header->second.substr(name.size() + 1, header->second.find(';') - name.size() - 1);
  }
  return "";
}

TEST_F(RestAuthTest, NobodyGetsIn) {
  for (const char* path :
       {"/api/v1/users", "/api/v1/api-keys", "/api/v1/admin/accounts", "/api/v1/admin/logs",
        "/api/v1/logs", "/api/v1/models", "/api/v1/auth/profile", "/api/v1/usage/summary"}) {
    const Reply reply = Send("GET", path);
    EXPECT_EQ(reply.status, 401) << path;
    EXPECT_EQ(At(reply.Json(), "code").as_int64(), 40101);
    EXPECT_EQ(At(reply.Json(), "reason").as_string(), "not_logged_in");
  }
  EXPECT_EQ(As("not.a.token", "GET", "/api/v1/users").status, 401);
}

TEST_F(RestAuthTest, CookieNeedsTheCsrfTokenForChanges) {
  const Reply login = Send("POST", "/api/v1/auth/login", Body("admin", admin_password()));
  ASSERT_EQ(login.status, 200) << login.body;
  const std::string cookie = "weir_session=" + CookieOf(login, "weir_session");
  const std::string csrf(At(login.Json(), "csrf_token").as_string().c_str());
  EXPECT_EQ(CookieOf(login, "weir_csrf"), csrf);
  const auto [first, last] = login.headers.equal_range("set-cookie");
  EXPECT_NE(first->second.find("SameSite=Strict"), std::string::npos);
  EXPECT_NE(first->second.find("HttpOnly"), std::string::npos);
  EXPECT_EQ(login.body.find(CookieOf(login, "weir_session")), std::string::npos);

  EXPECT_EQ(Send("GET", "/api/v1/users", "", {{"Cookie", cookie}}).status, 200);
  const std::string group = R"({"name":"g"})";
  const Reply without = Send("POST", "/api/v1/groups", group, {{"Cookie", cookie}});
  EXPECT_EQ(without.status, 403);
  EXPECT_EQ(At(without.Json(), "code").as_int64(), 40301);
  EXPECT_EQ(
      Send("POST", "/api/v1/groups", group, {{"Cookie", cookie}, {"X-CSRF-Token", "no"}}).status,
      403);
  EXPECT_EQ(
      Send("POST", "/api/v1/groups", group, {{"Cookie", cookie}, {"X-CSRF-Token", csrf}}).status,
      201);
  // The log-out ends the session for cookie and token.
  EXPECT_EQ(
      Send("POST", "/api/v1/auth/logout", "", {{"Cookie", cookie}, {"X-CSRF-Token", csrf}}).status,
      204);
  EXPECT_EQ(Send("GET", "/api/v1/users", "", {{"Cookie", cookie}}).status, 401);
  EXPECT_EQ(
      As(std::string(At(login.Json(), "token").as_string().c_str()), "GET", "/api/v1/users").status,
      401);
}

TEST_F(RestAuthTest, RefreshTokensRotateAndAStolenOneEndsTheSession) {
  const Reply login = Send("POST", "/api/v1/auth/login", Body("admin", admin_password()));
  const auto refresh_body = [](const Reply& reply) {
    return StrCat(R"({"refresh_token":")",
                  std::string(At(reply.Json(), "refresh_token").as_string().c_str()), R"("})");
  };
  const Reply second = Send("POST", "/api/v1/auth/refresh", refresh_body(login));
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_NE(refresh_body(second), refresh_body(login));
  EXPECT_EQ(Send("POST", "/api/v1/auth/refresh", refresh_body(login)).status, 401) << "used twice";
  EXPECT_EQ(Send("POST", "/api/v1/auth/refresh", refresh_body(second)).status, 401)
      << "the whole session has ended";
  const std::string token(At(second.Json(), "token").as_string().c_str());
  EXPECT_EQ(As(token, "GET", "/api/v1/auth/profile").status, 401);
}

TEST_F(RestAuthTest, ATokenCanBeRenewedWhileItLives) {
  const std::string token = LogIn("admin", admin_password());
  const Reply renewed = As(token, "POST", "/api/v1/auth/refresh");
  ASSERT_EQ(renewed.status, 200) << renewed.body;
  const std::string next(At(renewed.Json(), "token").as_string().c_str());
  EXPECT_EQ(As(next, "GET", "/api/v1/auth/profile").status, 200);
  EXPECT_EQ(Send("POST", "/api/v1/auth/refresh").status, 401);
}

TEST_F(RestAuthTest, GuessingIsSlowedDown) {
  MakeUser("ann");
  for (int i = 0; i < LoginLimiter::kFailuresPerName; ++i) {
    const Reply reply = Send("POST", "/api/v1/auth/login", Body("ann", "wrong horse"));
    EXPECT_EQ(reply.status, 401);
    const Reply nobody = Send("POST", "/api/v1/auth/login", Body("nobody", "wrong horse"));
    EXPECT_EQ(At(nobody.Json(), "error"), At(reply.Json(), "error")) << "names must not be told";
  }
  const Reply locked = Send("POST", "/api/v1/auth/login", Body("ann", "correct horse"));
  EXPECT_EQ(locked.status, 429);
  EXPECT_EQ(At(locked.Json(), "code").as_int64(), 42901);
}

TEST_F(RestAuthTest, APasswordChangeEndsOtherSessions) {
  const std::string first = MakeUser("ann");
  const std::string second = LogIn("ann", "correct horse");
  const Reply wrong =
      As(first, "POST", "/api/v1/auth/password", R"({"old":"nope","new":"battery staple"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(At(wrong.Json(), "fields").as_object().count("old"), 1u);
  const Reply shorter =
      As(first, "POST", "/api/v1/auth/password", R"({"old":"correct horse","new":"short"})");
  EXPECT_EQ(At(shorter.Json(), "fields").as_object().count("new"), 1u);
  EXPECT_EQ(As(first, "POST", "/api/v1/auth/password",
               R"({"old":"correct horse","new":"battery staple"})")
                .status,
            204);
  EXPECT_EQ(As(first, "GET", "/api/v1/auth/profile").status, 200);
  EXPECT_EQ(As(second, "GET", "/api/v1/auth/profile").status, 401);
  EXPECT_NE(LogIn("ann", "battery staple"), "");
}

TEST_F(RestAuthTest, ADisabledUserIsOutAtOnce) {
  std::int64_t id = 0;
  const std::string token = MakeUser("ann", &id);
  EXPECT_EQ(Admin("PATCH", StrCat("/api/v1/users/", id), R"({"status":"disabled"})").status, 200);
  EXPECT_NE(As(token, "GET", "/api/v1/auth/profile").status, 200);
  const Reply login = Send("POST", "/api/v1/auth/login", Body("ann", "correct horse"));
  EXPECT_EQ(login.status, 403);
  EXPECT_EQ(At(login.Json(), "reason").as_string(), "user_disabled");
}

TEST_F(RestAuthTest, RegistrationIsClosedUntilItIsOpened) {
  const std::string body =
      R"({"username":"New","email":"new@example.com","password":"correct horse"})";
  EXPECT_EQ(Send("POST", "/api/v1/auth/register", body).status, 403);
  EXPECT_EQ(Admin("PUT", "/api/v1/admin/settings", R"({"registration":"open"})").status, 200);
  const Reply made = Send("POST", "/api/v1/auth/register", body);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(At(made.Json(), "role").as_string(), "user");
  EXPECT_EQ(Send("POST", "/api/v1/auth/register", body).status, 409);
  EXPECT_EQ(Send("POST", "/api/v1/auth/register",
                 R"({"username":"x","email":"x@y.z","password":"correct horse","role":"admin"})")
                .status,
            400)
      << "nobody makes themselves administrator";
  EXPECT_NE(LogIn("new", "correct horse"), "");
}

TEST_F(RestAuthTest, OnesOwnProfile) {
  const std::string token = MakeUser("ann");
  const Reply changed =
      As(token, "PATCH", "/api/v1/auth/profile", R"({"name":"Ann","email":"Ann@Example.com"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(At(changed.Json(), "email").as_string(), "ann@example.com");
  const Reply role = As(token, "PATCH", "/api/v1/auth/profile", R"({"role":"admin"})");
  EXPECT_EQ(role.status, 400);
  EXPECT_EQ(At(role.Json(), "fields").as_object().count("role"), 1u);
}

// Whoever knows the first password is not only its user.
TEST_F(RestAuthTest, APasswordThatSomebodyElseMadeIsChangedFirst) {
  std::int64_t id = 0;
  MakeUser("ann", &id);
  const std::string user = StrCat("/api/v1/users/", id);
  EXPECT_EQ(
      Admin("PATCH", user, R"({"password":"first horse","must_change_password":true})").status,
      200);
  const std::string ann = LogIn("ann", "first horse");
  const Reply refused = As(ann, "GET", "/api/v1/api-keys");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(At(refused.Json(), "reason").as_string(), "new_password_needed");
  const Reply profile = As(ann, "GET", "/api/v1/auth/profile");
  EXPECT_EQ(profile.status, 200);
  EXPECT_TRUE(At(profile.Json(), "must_change_password").as_bool());
  EXPECT_EQ(As(ann, "PATCH", "/api/v1/auth/profile", R"({"name":"A"})").status, 403);
  EXPECT_EQ(As(ann, "POST", "/api/v1/auth/password", R"({"old":"first horse","new":"own horse 7"})")
                .status,
            204);
  EXPECT_EQ(As(ann, "GET", "/api/v1/api-keys").status, 200);
  EXPECT_FALSE(At(Admin("GET", user).Json(), "must_change_password").as_bool());
}

}  // namespace
}  // namespace weir::admin
