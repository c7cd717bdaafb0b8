// /api/v1/auth/oidc: log-in by a provider (OpenID Connect, authorization code with PKCE).
#include <optional>
#include <string>
#include <utility>

#include <boost/json/object.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/http/api_error.h"
#include "services/admin/oidc/login_attempt.h"
#include "services/admin/oidc/oidc_client.h"
#include "services/admin/outbound/form_text.h"
#include "services/admin/resources/browser_way.h"
#include "services/admin/resources/login.h"
#include "services/admin/resources/oidc_login.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/identity_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kAttemptCookie = "weir_oidc";
constexpr std::string_view kPendingCookie = "weir_oidc_code";
constexpr std::size_t kCodeBytesMax = 4096;

// Everything that a log-in by a provider goes by.
struct Provider {
  Settings settings;
  OidcRegistration registration;
};

absl::StatusOr<Provider> ReadProvider(ResourceParts& parts) {
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  auto registration = RegistrationOf(parts.vault, *settings);
  if (!registration.ok()) return registration.status();
  return Provider{.settings = *std::move(settings), .registration = *std::move(registration)};
}

// As the one who logs in may read it; the log has it too.
absl::Status Shown(const absl::Status& status, const Request& request) {
  if (!ReasonOf(status).empty()) return status;
  const bool refused = absl::IsUnauthenticated(status);
  if (!refused && !absl::IsUnavailable(status)) return status;
  LogWarning("a log-in by a provider failed", {{"request_id", request.request_id},
                                               {"client_ip", request.client_ip},
                                               {"error", View(status.message())}});
  return refused ? Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
                           StrCat("the log-in was refused: ", status.message()))
                 : Problem(absl::StatusCode::kUnavailable, reason::kServiceAway,
                           View(status.message()));
}

// The browser comes back from another site: a strict cookie would stay away.
void SetCookie(const Settings& settings, std::string_view name, std::string_view value,
               std::string_view same_site, std::int64_t max_age_s, Response& response) {
  const bool secure = settings.console_url.starts_with("https://");
  response.headers.emplace_back(
      "Set-Cookie", StrCat(name, "=", value, "; Path=/api/v1/auth/oidc; Max-Age=", max_age_s,
                           "; HttpOnly; SameSite=", same_site, secure ? "; Secure" : ""));
}

absl::StatusOr<std::string> NextOf(std::string_view next) {
  if (next.empty()) return "/";
  if (IsOwnPath(next)) return std::string(next);
  FieldErrors errors;
  errors.Add("next", "must be a path of this site");
  return errors.ToStatus();
}

// Where to send the browser, with the cookie that it needs on its way back.
absl::StatusOr<std::string> Begin(ResourceParts& parts, const Provider& provider,
                                  const LoginAttempt& attempt, Response& response) {
  const auto endpoints = parts.oidc.Endpoints(provider.registration);
  if (!endpoints.ok()) return endpoints.status();
  SetCookie(provider.settings, kAttemptCookie, SealAttempt(parts.vault, attempt), "Lax",
            kAttemptLifeMs / 1000, response);
  return AuthorizationUrl(*endpoints, provider.registration, attempt);
}

absl::StatusOr<Response> Start(ResourceParts& parts, const Request& request) {
  auto next = NextOf(request.Query("next"));
  if (!next.ok()) return next.status();
  const auto provider = ReadProvider(parts);
  if (!provider.ok()) return provider.status();
  LoginAttempt attempt = BeginAttempt(parts.store.NowMs());
  attempt.next = *std::move(next);
  const std::string_view invite = StripSpace(request.Query("invite"));
  if (!invite.empty()) attempt.invite_hash = HexOf(ApiKeyHash(invite));
  Response with_cookie;
  auto url = Begin(parts, *provider, attempt, with_cookie);
  if (!url.ok()) return Shown(url.status(), request);
  Response response = GoTo(*url);
  response.headers.insert(response.headers.end(), with_cookie.headers.begin(),
                          with_cookie.headers.end());
  return response;
}

json::object UrlJson(const std::string& url) { return {{"url", url}}; }

void ReadLink(BodyReader& reader, std::string& next) { reader.Text("next", next); }

absl::StatusOr<Response> BeginLink(ResourceParts& parts, const Request& request,
                                   const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::string wanted;
  ReadLink(reader, wanted);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  auto next = NextOf(wanted);
  if (!next.ok()) return next.status();
  if (auto confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) return confirmed;
  const auto provider = ReadProvider(parts);
  if (!provider.ok()) return provider.status();
  LoginAttempt attempt = BeginAttempt(parts.store.NowMs());
  attempt.next = *std::move(next);
  attempt.link_user_id = caller.user.id;
  attempt.link_session_id = caller.session_id;
  Response with_cookie;
  auto url = Begin(parts, *provider, attempt, with_cookie);
  if (!url.ok()) return Shown(url.status(), request);
  Response response = JsonResponse(200, UrlJson(*url));
  response.headers = std::move(with_cookie.headers);
  return response;
}

// The browser's way back, as far as it can be judged without asking the provider.
absl::StatusOr<LoginAttempt> AttemptOf(ResourceParts& parts, const Request& request) {
  auto attempt = OpenAttempt(parts.vault, request.Cookie(kAttemptCookie), parts.store.NowMs());
  if (!attempt.ok()) return attempt;
  if (!SameSecret(request.Query("state"), attempt->state)) {
    return BadParameter(
        "this log-in was not begun in this browser, or another one since; "
        "begin again");
  }
  return attempt;
}

// Each state counts once, whoever else has seen the address in the browser's history.
absl::Status UseUp(ResourceParts& parts, const LoginAttempt& attempt) {
  auto unused = ChangeValue(parts.store, [&](sql::Transaction& transaction, Changes&) {
    return identity_store::UseState(transaction, HexOf(ApiKeyHash(attempt.state)),
                                    parts.store.NowMs(), attempt.ends_at_ms);
  });
  if (!unused.ok()) return unused.status();
  return *unused ? absl::OkStatus()
                 : absl::UnauthenticatedError("this way back was taken already; begin again");
}

// "access_denied" and the like: a word, so that nobody puts sentences into our mouth.
std::string ErrorWord(std::string_view text) {
  std::string word;
  for (const char c : text.substr(0, 64)) {
    if ((c >= 'a' && c <= 'z') || c == '_') word += c;
  }
  return word;
}

absl::Status CheckWayBack(const Request& request, const OidcEndpoints& endpoints) {
  const std::string_view issuer = request.Query("iss");
  if (issuer.empty() ? endpoints.names_itself : issuer != endpoints.issuer) {
    return absl::UnauthenticatedError("the answer is from another provider (iss)");
  }
  if (!request.Query("error").empty()) {
    return absl::UnauthenticatedError(
        StrCat("the provider says ", ErrorWord(request.Query("error"))));
  }
  const std::string_view code = request.Query("code");
  if (code.empty() || code.size() > kCodeBytesMax) {
    return absl::UnauthenticatedError("the provider gave no code");
  }
  return absl::OkStatus();
}

Response AskForCode(const Request& request, const LoginAttempt& attempt) {
  if (request.AcceptsHtml()) {
    return GoTo(PathWithError(LoginPath(attempt.next), reason::kCodeNeeded, request));
  }
  return ErrorResponse(401, reason::kCodeNeeded,
                       "the code of your second factor is needed: POST /api/v1/auth/oidc/code",
                       request);
}

// Logs the user in, or asks for the second factor where the settings say so.
absl::StatusOr<Response> Admit(ResourceParts& parts, const Provider& provider,
                               const LoginAttempt& attempt, const Request& request, User user) {
  const ClientPlace place = {request.client_ip, request.Header("user-agent")};
  const std::int64_t user_id = user.id;
  const bool asks = provider.settings.oidc_second_factor == OidcSecondFactor::kAsk;
  const auto login = asks ? parts.sessions.AdmitWithCode(std::move(user), Secret(), place)
                          : parts.sessions.Admit(std::move(user), place);
  if (ReasonOf(login.status()) == reason::kCodeNeeded) {
    Response response = AskForCode(request, attempt);
    SetCookie(provider.settings, kPendingCookie,
              SealPending(parts.vault, user_id, parts.store.NowMs()), "Strict", 300, response);
    return response;
  }
  if (!login.ok()) return login.status();
  Response response = GoTo(attempt.next);
  AddLoginCookies(request, *login, response);
  return response;
}

absl::StatusOr<Response> ComeBack(ResourceParts& parts, const Request& request,
                                  const LoginAttempt& attempt) {
  const auto provider = ReadProvider(parts);
  if (!provider.ok()) return provider.status();
  const auto endpoints = parts.oidc.Endpoints(provider->registration);
  if (!endpoints.ok()) return Shown(endpoints.status(), request);
  absl::Status good = UseUp(parts, attempt);
  if (good.ok()) good = CheckWayBack(request, *endpoints);
  if (!good.ok()) return Shown(good, request);
  const auto claims = parts.oidc.Redeem(provider->registration, request.Query("code"), attempt);
  if (!claims.ok()) return Shown(claims.status(), request);
  absl::StatusOr<Response> response;
  if (attempt.link_user_id != 0) {
    absl::Status linked = LinkIdentity(parts, provider->settings, *claims, attempt, request);
    if (!linked.ok()) return linked;
    response = GoTo(attempt.next);
  } else {
    auto user = UserOfClaims(parts, provider->settings, *claims, attempt, request);
    if (!user.ok()) return user.status();
    response = Admit(parts, *provider, attempt, request, *std::move(user));
  }
  if (response.ok()) SetCookie(provider->settings, kAttemptCookie, "", "Lax", 0, *response);
  return response;
}

absl::StatusOr<Response> Callback(ResourceParts& parts, const Request& request) {
  const auto attempt = AttemptOf(parts, request);
  if (!attempt.ok()) return Told(attempt.status(), request, LoginPath("/"));
  auto response = ComeBack(parts, request, *attempt);
  if (response.ok()) return response;
  // Who adds an identity is logged in, and goes back to where that began.
  const bool links = attempt->link_user_id != 0;
  return Told(response.status(), request, links ? attempt->next : LoginPath(attempt->next));
}

void ReadCode(BodyReader& reader, std::optional<Secret>& code) {
  reader.Require({"code"});
  reader.Hidden("code", code);
}

absl::StatusOr<Response> GiveCode(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::optional<Secret> code;
  ReadCode(reader, code);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  const auto user_id =
      OpenPending(parts.vault, request.Cookie(kPendingCookie), parts.store.NowMs());
  if (!user_id.ok()) return user_id.status();
  auto user = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return user_store::Get(transaction, *user_id);
  });
  if (!user.ok()) return user.status();
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  const auto login = parts.sessions.AdmitWithCode(
      *std::move(user), code.value_or(Secret()), {request.client_ip, request.Header("user-agent")});
  if (!login.ok()) return login.status();
  Response response = JsonResponse(200, LoginJson(*login));
  AddLoginCookies(request, *login, response);
  SetCookie(*settings, kPendingCookie, "", "Strict", 0, response);
  return response;
}

// Ends the log-in at the provider, where it has a way; the one here ends by POST /auth/logout.
absl::StatusOr<Response> LeaveProvider(ResourceParts& parts, const Request& request) {
  const auto provider = ReadProvider(parts);
  if (!provider.ok()) return provider.status();
  const auto endpoints = parts.oidc.Endpoints(provider->registration);
  if (!endpoints.ok()) return Shown(endpoints.status(), request);
  const std::string& url = endpoints->end_session_url;
  if (url.empty()) return GoTo("/");
  std::string query;
  AppendField(query, "client_id", provider->registration.client_id);
  AppendField(query, "post_logout_redirect_uri", provider->settings.console_url);
  return GoTo(StrCat(url, url.find('?') == std::string::npos ? "?" : "&", query));
}

absl::StatusOr<Response> OrTold(absl::StatusOr<Response> response, const Request& request) {
  if (response.ok()) return response;
  const auto next = NextOf(request.Query("next"));
  return Told(response.status(), request, LoginPath(next.ok() ? *next : "/"));
}

}  // namespace

Routes OidcRoutes(ResourceParts& parts) {
  const Answer goes_on = {.status = 303, .content_type = kPageType, .about = "See Location"};
  return {
      {"GET",
       "/api/v1/auth/oidc/start",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) {
         return OrTold(Start(parts, request), request);
       },
       {.summary = "Log in by the provider: send the browser here",
        .query = {TextParameter("next", "a path of this site, to go to afterwards"),
                  TextParameter("invite", "for who registers by one")},
        .answers = {goes_on},
        .refusals = {409, 503}}},
      {"GET",
       std::string_view(kOidcCallbackPath),
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return Callback(parts, request); },
       {.summary = "Where the provider sends the browser back to",
        .query = {TextParameter("state"), TextParameter("code"), TextParameter("iss"),
                  TextParameter("error")},
        .answers = {goes_on},
        .refusals = {401, 403, 409, 503},
        .about =
            "Sets the cookies of the console. Answers code_needed where the second factor is "
            "asked for here: see POST /api/v1/auth/oidc/code. Browsers are sent to /login with "
            "the reason in `error` when it fails, and back to where they were when an "
            "identity was to be added.",
        .takes_more_query = true}},
      {"POST",
       "/api/v1/auth/oidc/code",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return GiveCode(parts, request); },
       {.summary = "Give the second factor's code of a log-in by the provider",
        .body =
            [](BodyReader& reader) {
              std::optional<Secret> code;
              ReadCode(reader, code);
            },
        .answers = {Answers([] { return Named("Login", LoginShape()); })},
        .refusals = {401, 403, 404}}},
      {"GET",
       "/api/v1/auth/oidc/logout",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) {
         return OrTold(LeaveProvider(parts, request), request);
       },
       {.summary = "Log out at the provider: send the browser here, after POST /api/v1/auth/logout",
        .answers = {goes_on},
        .refusals = {409, 503}}},
      {"POST",
       "/api/v1/auth/oidc/link",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return BeginLink(parts, request, caller);
       },
       {.summary = "Add the provider's identity to oneself: send the browser to `url`",
        .body =
            [](BodyReader& reader) {
              std::string next;
              ReadLink(reader, next);
            },
        .answers = {Answers([] { return UrlJson(""); })},
        .refusals = {409, 503},
        .about = "Wants a fresh log-in, or POST /api/v1/auth/confirm."}},
  };
}

}  // namespace weir::admin
