#include "services/admin/resources/login.h"

#include "libs/common/text.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/second_factor.h"

namespace weir::admin {

namespace json = boost::json;

namespace {

json::object TokensJson(const Login& login) {
  return {{"token", login.token},
          {"token_type", "Bearer"},
          {"expires_in", kTokenLifeMs / 1000},
          {"csrf_token", login.csrf_token}};
}

}  // namespace

json::object LoginShape() {
  json::object body = TokensJson(Login());
  body["user"] = UserShape();
  body["refresh_token"] = MaybeAbsent("");
  return body;
}

json::object LoginJson(const Login& login) {
  json::object body = TokensJson(login);
  body["user"] = UserJson(login.user);
  if (!login.refresh_token.empty()) body["refresh_token"] = login.refresh_token.Reveal();
  return body;
}

std::string CookieLine(const Request& request, std::string_view name, std::string_view value,
                       bool readable, std::int64_t max_age_s) {
  // Plain HTTP on a private network is a supported way to run; behind TLS the cookie stays there.
  const bool secure = EqualsIgnoreCase(request.Header("x-forwarded-proto"), "https");
  return StrCat(name, "=", value, "; Path=/; Max-Age=", max_age_s, "; SameSite=Strict",
                readable ? "" : "; HttpOnly", secure ? "; Secure" : "");
}

void AddLoginCookies(const Request& request, const Login& login, Response& response) {
  if (login.cookie.empty()) return;
  const std::int64_t max_age_s = login.life_ms / 1000;
  response.headers.emplace_back(
      "Set-Cookie",
      CookieLine(request, kSessionCookie, login.cookie.Reveal(), /*readable=*/false, max_age_s));
  response.headers.emplace_back(
      "Set-Cookie", CookieLine(request, kCsrfCookie, login.csrf_token, true, max_age_s));
}

}  // namespace weir::admin
