#include "services/admin/oidc/oidc_client.h"

#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/credentials/setting_secrets.h"
#include "services/admin/model/problem.h"
#include "services/admin/oidc/id_token.h"
#include "services/admin/outbound/form_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kCallMs = 10'000;

std::string ScopesOf(const OidcRegistration& registration) {
  std::string scopes = "openid";
  for (const std::string& scope : registration.scopes) {
    if (scope != "openid") StrAppend(scopes, " ", scope);
  }
  return scopes;
}

absl::StatusOr<std::string> IdTokenOf(const WebAnswer& answer) {
  json::error_code error;
  const json::value value = json::parse(answer.body.Reveal(), error);
  if (answer.status / 100 == 5) {
    return absl::UnavailableError(StrCat("the provider answered ", answer.status));
  }
  const json::value* token = !error && value.is_object() && answer.status == 200
                                 ? value.get_object().if_contains("id_token")
                                 : nullptr;
  if (token == nullptr || !token->is_string()) {
    return absl::UnauthenticatedError("the provider gives nothing for this code");
  }
  return std::string(token->get_string().data(), token->get_string().size());
}

}  // namespace

bool HasOidc(const Settings& settings) {
  return !settings.oidc_issuer.empty() && !settings.oidc_client_id.empty() &&
         !settings.console_url.empty();
}

absl::StatusOr<OidcRegistration> RegistrationOf(const Vault& vault, const Settings& settings) {
  if (!HasOidc(settings)) return Conflict("nobody can log in by a provider here: see oidc_issuer");
  auto secret = OpenOidcClientSecret(vault, settings);
  if (!secret.ok()) return secret.status();
  OidcRegistration registration;
  registration.issuer = settings.oidc_issuer;
  registration.client_id = settings.oidc_client_id;
  registration.client_secret = *std::move(secret);
  registration.scopes = settings.oidc_scopes;
  if (registration.scopes.empty()) registration.scopes = {"profile", "email"};
  std::string_view base = settings.console_url;
  while (base.ends_with('/')) base.remove_suffix(1);
  registration.redirect_url = StrCat(base, kOidcCallbackPath);
  return registration;
}

std::string AuthorizationUrl(const OidcEndpoints& endpoints, const OidcRegistration& registration,
                             const LoginAttempt& attempt) {
  std::string query;
  AppendField(query, "response_type", "code");
  AppendField(query, "client_id", registration.client_id);
  AppendField(query, "redirect_uri", registration.redirect_url);
  AppendField(query, "scope", ScopesOf(registration));
  AppendField(query, "state", attempt.state);
  AppendField(query, "nonce", attempt.nonce);
  AppendField(query, "code_challenge", ChallengeOf(attempt));
  AppendField(query, "code_challenge_method", "S256");
  const bool has_query = endpoints.authorization_url.find('?') != std::string::npos;
  return StrCat(endpoints.authorization_url, has_query ? "&" : "?", query);
}

WebCall CodeCall(const OidcEndpoints& endpoints, const OidcRegistration& registration,
                 std::string_view code, std::string_view verifier) {
  std::string form;
  AppendField(form, "grant_type", "authorization_code");
  AppendField(form, "code", code);
  AppendField(form, "redirect_uri", registration.redirect_url);
  AppendField(form, "code_verifier", verifier);
  WebCall call;
  call.url = endpoints.token_url;
  call.headers = {"content-type: application/x-www-form-urlencoded", "accept: application/json"};
  call.timeout_ms = kCallMs;
  const bool is_public = registration.client_secret.empty();
  if (!is_public && endpoints.takes_basic) {
    call.authorization = BasicAuthorization(registration.client_id, registration.client_secret);
  } else {
    AppendField(form, "client_id", registration.client_id);
    AppendField(form, "client_secret", registration.client_secret.Reveal());
  }
  call.body = Secret(std::move(form));
  return call;
}

absl::StatusOr<json::object> OidcClient::Redeem(const OidcRegistration& registration,
                                                std::string_view code,
                                                const LoginAttempt& attempt) {
  const auto endpoints = Endpoints(registration);
  if (!endpoints.ok()) return endpoints.status();
  const auto answer = send_(CodeCall(*endpoints, registration, code, attempt.verifier));
  if (!answer.ok()) {
    return absl::UnavailableError(
        StrCat("the provider does not answer: ", answer.status().message()));
  }
  auto token = IdTokenOf(*answer);
  if (!token.ok()) return token.status();
  return Check(registration, *token, attempt.nonce);
}

absl::StatusOr<json::object> OidcClient::Check(const OidcRegistration& registration,
                                               std::string_view text, const std::string& nonce) {
  auto token = ParseIdToken(text);
  if (!token.ok()) return absl::UnauthenticatedError(token.status().message());
  const auto key = directory_.KeyFor(registration.issuer, token->algorithm, token->kid);
  if (!key.ok()) return key.status();
  absl::Status checked = CheckSignature(*key, token->signed_text, token->signature);
  if (!checked.ok()) return checked;
  checked = CheckClaims(token->claims, {.issuer = registration.issuer,
                                        .client_id = registration.client_id,
                                        .nonce = nonce,
                                        .now_s = clock_.NowUnixMs() / 1000});
  if (!checked.ok()) return checked;
  return std::move(token->claims);
}

}  // namespace weir::admin
