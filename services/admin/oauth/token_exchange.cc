#include "services/admin/oauth/token_exchange.h"

#include <sodium.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "services/admin/model/account_status.h"
#include "services/admin/outbound/form_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kLeadMsMin = 60'000;
constexpr std::int64_t kRestMsMin = 30'000;
constexpr std::int64_t kLifetimeSecondsMax = 10LL * 365 * 86'400;
constexpr std::int64_t kDelayMsMin = 15'000;
constexpr std::int64_t kDelayMsMax = 30LL * 60'000;
constexpr std::int64_t kDoublingsMax = 10;
constexpr std::size_t kWordBytesMax = 200;

std::string Scopes(const OauthClient& client) {
  std::string scopes;
  for (const std::string& scope : client.scopes) {
    StrAppend(scopes, scopes.empty() ? "" : " ", scope);
  }
  return scopes;
}

std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// A number, or a number as text, as some endpoints have it.
std::int64_t SecondsOf(const json::object& object) {
  const json::value* value = object.if_contains("expires_in");
  std::int64_t seconds = 0;
  if (value == nullptr) return 0;
  if (value->is_int64()) seconds = value->get_int64();
  if (value->is_uint64()) seconds = kLifetimeSecondsMax;
  if (value->is_double()) {
    const double told = value->get_double();
    if (told > 0) seconds = told < 1e12 ? static_cast<std::int64_t>(told) : kLifetimeSecondsMax;
  }
  if (value->is_string() && !ParseInteger(TextOf(object, "expires_in"), seconds)) seconds = 0;
  return std::clamp<std::int64_t>(seconds, 0, kLifetimeSecondsMax);
}

json::object ObjectOf(const WebAnswer& answer) {
  json::error_code error;
  json::value value = json::parse(answer.body.Reveal(), error);
  return !error && value.is_object() ? std::move(value.as_object()) : json::object();
}

// The words of RFC 6749 §5.2: a closed set of ASCII, so that nothing else of an answer is told on.
std::string ErrorWord(const json::object& object) {
  std::string word = TextOf(object, "error").substr(0, kWordBytesMax);
  const bool plain = std::all_of(word.begin(), word.end(), IsUnreserved);
  return plain ? word : std::string();
}

// What no later attempt with the same secrets can change.
bool IsFinal(std::string_view word) {
  constexpr std::string_view kFinal[] = {
      "invalid_grant", "invalid_client",  "unauthorized_client",  "unsupported_grant_type",
      "invalid_scope", "invalid_request", "interaction_required", "consent_required"};
  return std::find(std::begin(kFinal), std::end(kFinal), word) != std::end(kFinal);
}

absl::Status Refusal(int status, const std::string& word) {
  const std::string said = word.empty() ? StrCat("status ", status) : StrCat(status, " ", word);
  const bool refuses = status == 400 || status == 401 || status == 403;
  if (refuses && IsFinal(word)) {
    return absl::InvalidArgumentError(StrCat("the token endpoint refuses: ", said));
  }
  return absl::UnavailableError(StrCat("the token endpoint gave no token: ", said));
}

}  // namespace

WebCall TokenCall(const OauthClient& client, const RefreshSecrets& secrets) {
  const bool by_token = !secrets.refresh_token.empty();
  const bool is_basic = client.client_auth == ClientAuth::kBasic && !secrets.client_secret.empty();
  std::string form;
  AppendField(form, "grant_type", by_token ? "refresh_token" : "client_credentials");
  AppendField(form, "refresh_token", secrets.refresh_token.Reveal());
  AppendField(form, "scope", Scopes(client));
  if (!is_basic) {
    AppendField(form, "client_id", client.client_id);
    AppendField(form, "client_secret", secrets.client_secret.Reveal());
  }
  WebCall call;
  call.url = client.token_url;
  call.headers = {"content-type: application/x-www-form-urlencoded", "accept: application/json"};
  if (is_basic) call.authorization = BasicAuthorization(client.client_id, secrets.client_secret);
  call.body = Secret(std::move(form));
  call.proxy_url = secrets.proxy_url;
  return call;
}

absl::StatusOr<Tokens> ReadTokens(const WebAnswer& answer) {
  const json::object object = ObjectOf(answer);
  const std::string word = ErrorWord(object);
  // Some endpoints say no with a 200.
  if (answer.status != 200 || !word.empty()) {
    return Refusal(answer.status == 200 ? 400 : answer.status, word);
  }
  Tokens tokens;
  tokens.access_token = Secret(TextOf(object, "access_token"));
  tokens.refresh_token = Secret(TextOf(object, "refresh_token"));
  tokens.lifetime_s = SecondsOf(object);
  if (tokens.access_token.empty() || !CheckCredential(tokens.access_token.Reveal()).ok() ||
      !CheckCredential(tokens.refresh_token.Reveal()).ok()) {
    return absl::UnavailableError("the token endpoint's answer holds no token that can be used");
  }
  return tokens;
}

std::int64_t RefreshAt(std::int64_t now_ms, std::int64_t expires_at_ms, double jitter) {
  if (expires_at_ms == 0) return 0;
  const std::int64_t life_ms = std::max<std::int64_t>(expires_at_ms - now_ms, 0);
  // Of a token that lives for seconds, half its life.
  const std::int64_t lead_ms = std::min(std::clamp(life_ms / 5, kLeadMsMin, kHourMs),
                                        std::max<std::int64_t>(life_ms / 2, 1));
  const auto earlier_ms = static_cast<std::int64_t>(static_cast<double>(lead_ms) * jitter / 2);
  return std::max(now_ms, expires_at_ms - lead_ms - earlier_ms);
}

std::int64_t RefreshAgainAt(std::int64_t now_ms, std::int64_t expires_at_ms, double jitter) {
  if (expires_at_ms == 0) return 0;
  return std::max(now_ms + kRestMsMin, RefreshAt(now_ms, expires_at_ms, jitter));
}

double RefreshJitter() {
  constexpr std::uint32_t kSteps = 1U << 20U;
  return static_cast<double>(randombytes_uniform(kSteps)) / kSteps;
}

std::int64_t RefreshDelayMs(std::int64_t failures, double jitter) {
  const std::int64_t doublings = std::clamp<std::int64_t>(failures - 1, 0, kDoublingsMax);
  const std::int64_t step_ms = std::min(kDelayMsMin << doublings, kDelayMsMax);
  return step_ms / 2 + static_cast<std::int64_t>(static_cast<double>(step_ms) * jitter / 2);
}

void PlanRefresh(const Account& before, const AccountSecrets& given, std::int64_t now_ms,
                 double jitter, Account& account) {
  if (!CanRefresh(account)) {
    account.refresh_at_ms = 0;
    return;
  }
  const bool renewer_is_new = given.client_secret.has_value() || given.refresh_token.has_value() ||
                              account.oauth != before.oauth ||
                              account.credential_type != before.credential_type;
  const bool has_new_end = account.credential_expires_at_ms != before.credential_expires_at_ms;
  const bool has_token = !account.sealed_credential.empty();
  if (has_token && (given.credential.has_value() || has_new_end)) {
    account.refresh_at_ms = RefreshAt(now_ms, account.credential_expires_at_ms, jitter);
  } else if (renewer_is_new || !has_token) {
    account.refresh_at_ms = now_ms;
  }
}

}  // namespace weir::admin
