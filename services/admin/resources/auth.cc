// /api/v1/auth: log-in and one's own profile.
#include <optional>
#include <string>
#include <utility>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/credentials/password.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/password_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/login.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/second_factor.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

Response LoginResponse(const Request& request, const Login& login) {
  Response response = JsonResponse(200, LoginJson(login));
  AddLoginCookies(request, login, response);
  return response;
}

Credentials ReadCredentials(BodyReader& reader) {
  reader.Require({"username", "password"});
  Credentials credentials;
  std::optional<Secret> password;
  std::optional<Secret> code;
  reader.Text("username", credentials.username);
  reader.Hidden("password", password);
  reader.Hidden("code", code);
  credentials.password = password.value_or(Secret());
  credentials.code = code.value_or(Secret());
  return credentials;
}

absl::StatusOr<Response> LogIn(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  const Credentials credentials = ReadCredentials(reader);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  auto login = parts.sessions.LogIn(credentials, {request.client_ip, request.Header("user-agent")});
  if (!login.ok()) return login.status();
  return LoginResponse(request, *login);
}

std::optional<Secret> ReadRefreshToken(BodyReader& reader) {
  std::optional<Secret> refresh_token;
  reader.Hidden("refresh_token", refresh_token);
  return refresh_token;
}

absl::StatusOr<Response> Refresh(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  const std::optional<Secret> refresh_token = ReadRefreshToken(reader);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  absl::StatusOr<Login> login;
  if (refresh_token.has_value()) {
    login = parts.sessions.RefreshByToken(*refresh_token);
  } else {
    auto caller = parts.sessions.Authenticate(request);
    if (!caller.ok()) return caller.status();
    login = parts.sessions.Refresh(*caller);
  }
  if (!login.ok()) return login.status();
  return LoginResponse(request, *login);
}

absl::StatusOr<Response> LogOut(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  absl::Status done = parts.sessions.LogOut(caller);
  if (!done.ok()) return done;
  Response response = NoContent();
  for (const std::string_view name : {kSessionCookie, kCsrfCookie}) {
    response.headers.emplace_back("Set-Cookie", CookieLine(request, name, "", false, 0));
  }
  return response;
}

absl::StatusOr<Response> Profile(ResourceParts& parts, const Caller& caller) {
  json::array one = {UserJson(caller.user)};
  absl::Status added = AddSecondFactors(parts, one);
  if (!added.ok()) return added;
  return RecordResponse(200, one.front().as_object(), caller.user.version);
}

void ReadProfile(BodyReader& reader, User& user) {
  reader.Text("name", user.name);
  reader.Text("email", user.email);
  user.email = ToLower(StripSpace(user.email));
}

absl::StatusOr<Response> PatchProfile(ResourceParts& parts, const Request& request,
                                      const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto user = ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<User> {
        auto read = user_store::Get(transaction, caller.user.id);
        if (!read.ok()) return read.status();
        if (auto match = CheckIfMatch(request, read->version); !match.ok()) return match;
        FieldErrors errors;
        BodyReader reader(*body, errors);
        ReadProfile(reader, *read);
        reader.Finish();
        Validate(*read, errors);
        if (!errors.empty()) return errors.ToStatus();
        auto done = user_store::Update(transaction, changes, parts.store.NowMs(), *read);
        if (!done.ok()) return done;
        return read;
      });
  if (!user.ok()) return user.status();
  return RecordResponse(200, UserJson(*user), user->version);
}

void ReadPasswords(BodyReader& reader, std::optional<Secret>& old_password,
                   std::optional<Secret>& new_password) {
  reader.Require({"old", "new"});
  reader.Hidden("old", old_password);
  reader.Hidden("new", new_password);
}

void DescribePasswords(BodyReader& reader) {
  std::optional<Secret> old_password;
  std::optional<Secret> new_password;
  ReadPasswords(reader, old_password, new_password);
}

absl::StatusOr<Response> ChangePassword(ResourceParts& parts, const Request& request,
                                        const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::optional<Secret> old_password;
  std::optional<Secret> new_password;
  ReadPasswords(reader, old_password, new_password);
  reader.Finish();
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  ValidatePassword(new_password.value_or(Secret()).Reveal(), caller.user, *settings, "new", errors);
  if (new_password.has_value() && old_password.has_value() &&
      SameSecret(new_password->Reveal(), old_password->Reveal())) {
    errors.Add("new", "is the present password");
  }
  if (!errors.empty()) return errors.ToStatus();
  absl::Status confirmed =
      parts.sessions.ConfirmPassword(caller, old_password.value_or(Secret()), request.client_ip);
  if (absl::IsUnauthenticated(confirmed)) {
    errors.Add("old", "is not the present password");
    return errors.ToStatus();
  }
  if (!confirmed.ok()) return confirmed;
  auto hash = HashPassword(*new_password);
  if (!hash.ok()) return hash.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto user = user_store::Get(transaction, caller.user.id);
        if (!user.ok()) return user.status();
        user->password_hash = *hash;
        user->must_change_password = false;
        auto status = user_store::Update(transaction, changes, parts.store.NowMs(), *user);
        if (!status.ok()) return status;
        return session_store::DeleteOfUser(transaction, user->id, caller.session_id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

}  // namespace

Routes AuthRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/auth/login",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return LogIn(parts, request); },
       {.summary = "Log in",
        .body = [](BodyReader& reader) { ReadCredentials(reader); },
        .answers = {Answers([] { return Named("Login", LoginShape()); })},
        .refusals = {401, 403},
        .about = "Sets the cookies of the console too. Answers code_needed when the user has a "
                 "second factor and `code` is missing."}},
      {"POST",
       "/api/v1/auth/refresh",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return Refresh(parts, request); },
       {.summary = "Get a new token",
        .body = [](BodyReader& reader) { ReadRefreshToken(reader); },
        .answers = {Answers([] { return Named("Login", LoginShape()); })},
        .refusals = {401, 403, 409},
        .about = "By the refresh token in the body, which works once; without one, by the log-in "
                 "that the request shows."}},
      {"POST",
       "/api/v1/auth/logout",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return LogOut(parts, request, caller);
       },
       {.summary = "Log out", .answers = {AnswersNothing()}, .before_new_password = true}},
      {"GET",
       "/api/v1/auth/profile",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) { return Profile(parts, caller); },
       {.summary = "Show oneself", .answers = {Answers(UserShape)}, .before_new_password = true}},
      {"PATCH",
       "/api/v1/auth/profile",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return PatchProfile(parts, request, caller);
       },
       {.summary = "Change one's name and e-mail address",
        .body =
            [](BodyReader& reader) {
              User user;
              ReadProfile(reader, user);
            },
        .answers = {Answers(UserShape)},
        .guarded = true}},
      {"POST",
       "/api/v1/auth/password",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return ChangePassword(parts, request, caller);
       },
       {.summary = "Change one's password",
        .body = DescribePasswords,
        .answers = {AnswersNothing()},
        .about = "Ends one's other log-ins.",
        .before_new_password = true}},
  };
}

}  // namespace weir::admin
