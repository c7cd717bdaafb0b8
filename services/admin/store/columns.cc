#include "services/admin/store/columns.h"

#include <boost/json.hpp>

#include "services/admin/model/words.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

// An empty object when the text is none: only we write these columns.
json::object ParseObject(const std::string& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  return !error && value.is_object() ? std::move(value.as_object()) : json::object();
}

std::int64_t IntOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool FlagOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

json::object TimeoutsObject(const Timeouts& timeouts) {
  return {{"connect_ms", timeouts.connect_ms},
          {"first_byte_ms", timeouts.first_byte_ms},
          {"idle_ms", timeouts.idle_ms},
          {"total_ms", timeouts.total_ms}};
}

Timeouts TimeoutsOf(const json::object& object) {
  return {.connect_ms = IntOf(object, "connect_ms"),
          .first_byte_ms = IntOf(object, "first_byte_ms"),
          .idle_ms = IntOf(object, "idle_ms"),
          .total_ms = IntOf(object, "total_ms")};
}

json::object TierModelsObject(const std::map<std::string, std::vector<std::string>>& tiers) {
  json::object object;
  for (const auto& [tier, models] : tiers) {
    object[tier] = json::array(models.begin(), models.end());
  }
  return object;
}

}  // namespace

std::string EncodeLimits(const Limits& limits) {
  json::object object;
  const auto put = [&object](const char* name, std::int64_t value) {
    if (value != 0) object[name] = value;
  };
  put("requests_per_minute", limits.requests_per_minute);
  put("tokens_per_minute", limits.tokens_per_minute);
  put("concurrency", limits.concurrency);
  put("requests_per_day", limits.requests_per_day);
  put("requests_per_month", limits.requests_per_month);
  put("requests_total", limits.requests_total);
  put("nano_usd_per_day", limits.nano_usd_per_day);
  put("nano_usd_per_month", limits.nano_usd_per_month);
  put("nano_usd_total", limits.nano_usd_total);
  return json::serialize(object);
}

Limits DecodeLimits(const std::string& text) {
  const json::object object = ParseObject(text);
  return {.requests_per_minute = IntOf(object, "requests_per_minute"),
          .tokens_per_minute = IntOf(object, "tokens_per_minute"),
          .concurrency = IntOf(object, "concurrency"),
          .requests_per_day = IntOf(object, "requests_per_day"),
          .requests_per_month = IntOf(object, "requests_per_month"),
          .requests_total = IntOf(object, "requests_total"),
          .nano_usd_per_day = IntOf(object, "nano_usd_per_day"),
          .nano_usd_per_month = IntOf(object, "nano_usd_per_month"),
          .nano_usd_total = IntOf(object, "nano_usd_total")};
}

std::string EncodeTimeouts(const Timeouts& timeouts) {
  return json::serialize(TimeoutsObject(timeouts));
}

Timeouts DecodeTimeouts(const std::string& text) { return TimeoutsOf(ParseObject(text)); }

std::string EncodeList(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& entry : list) array.emplace_back(entry);
  return json::serialize(array);
}

std::vector<std::string> DecodeList(const std::string& text) {
  std::vector<std::string> list;
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_array()) return list;
  for (const json::value& entry : value.get_array()) {
    if (entry.is_string()) list.emplace_back(entry.get_string().c_str(), entry.get_string().size());
  }
  return list;
}

std::string EncodeMap(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return json::serialize(object);
}

std::map<std::string, std::string> DecodeMap(const std::string& text) {
  std::map<std::string, std::string> map;
  for (const auto& entry : ParseObject(text)) {
    if (!entry.value().is_string()) continue;
    const json::string& value = entry.value().get_string();
    map.emplace(std::string(entry.key().data(), entry.key().size()),
                std::string(value.data(), value.size()));
  }
  return map;
}

std::string EncodeOauth(const OauthClient& client) {
  json::object object;
  if (!client.token_url.empty()) object["token_url"] = client.token_url;
  if (!client.client_id.empty()) object["client_id"] = client.client_id;
  if (client.client_auth != ClientAuth::kBasic) {
    object["client_auth"] = json::string(WordOf(client.client_auth));
  }
  if (!client.scopes.empty()) {
    object["scopes"] = json::array(client.scopes.begin(), client.scopes.end());
  }
  return json::serialize(object);
}

OauthClient DecodeOauth(const std::string& text) {
  const json::object object = ParseObject(text);
  OauthClient client = {
      .token_url = TextOf(object, "token_url"),
      .client_id = TextOf(object, "client_id"),
      .client_auth =
          FromWord<ClientAuth>(TextOf(object, "client_auth")).value_or(ClientAuth::kBasic),
      .scopes = {}};
  const json::value* scopes = object.if_contains("scopes");
  if (scopes != nullptr) client.scopes = DecodeList(json::serialize(*scopes));
  return client;
}

std::string EncodeSession(const SessionUpstream& session) {
  json::object object;
  if (session.protocol != Protocol::kOpenaiChat) {
    object["protocol"] = json::string(WordOf(session.protocol));
  }
  if (!session.credential_name.empty()) object["credential_name"] = session.credential_name;
  return json::serialize(object);
}

SessionUpstream DecodeSession(const std::string& text) {
  const json::object object = ParseObject(text);
  return {
      .protocol = FromWord<Protocol>(TextOf(object, "protocol")).value_or(Protocol::kOpenaiChat),
      .credential_name = TextOf(object, "credential_name")};
}

std::string EncodeCooldowns(const std::vector<ModelCooldown>& cooldowns) {
  json::array array;
  for (const ModelCooldown& cooldown : cooldowns) {
    array.push_back(json::object{{"model", cooldown.model},
                                 {"until_ms", cooldown.until_ms},
                                 {"observed_at_ms", cooldown.observed_at_ms},
                                 {"reason", cooldown.reason}});
  }
  return json::serialize(array);
}

std::vector<ModelCooldown> DecodeCooldowns(const std::string& text) {
  std::vector<ModelCooldown> cooldowns;
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_array()) return cooldowns;
  for (const json::value& entry : value.get_array()) {
    if (!entry.is_object()) continue;
    const json::object& object = entry.get_object();
    cooldowns.push_back({.model = TextOf(object, "model"),
                         .until_ms = IntOf(object, "until_ms"),
                         .observed_at_ms = IntOf(object, "observed_at_ms"),
                         .reason = TextOf(object, "reason")});
  }
  return cooldowns;
}

namespace {

void DecodeOidc(const json::object& object, Settings& settings) {
  settings.console_url = TextOf(object, "console_url");
  settings.console_origins = DecodeList(TextOf(object, "console_origins"));
  settings.oidc_issuer = TextOf(object, "oidc_issuer");
  settings.oidc_name = TextOf(object, "oidc_name");
  settings.oidc_client_id = TextOf(object, "oidc_client_id");
  settings.oidc_scopes = DecodeList(TextOf(object, "oidc_scopes"));
  settings.oidc_creates_users = FlagOf(object, "oidc_creates_users");
  settings.oidc_second_factor = FromWord<OidcSecondFactor>(TextOf(object, "oidc_second_factor"))
                                    .value_or(settings.oidc_second_factor);
  settings.oidc_role_claim = TextOf(object, "oidc_role_claim");
  settings.oidc_admin_values = DecodeList(TextOf(object, "oidc_admin_values"));
}

}  // namespace

std::string EncodeSettings(const Settings& settings) {
  const json::object object = {
      {"site_name", settings.site_name},
      {"relay_url", settings.relay_url},
      {"session_life_ms", settings.session_life_ms},
      {"login_failures_max", settings.login_failures_max},
      {"login_lock_ms", settings.login_lock_ms},
      {"password_bytes_min", settings.password_bytes_min},
      {"alert_url", settings.alert_url},
      {"console_url", settings.console_url},
      {"console_origins", EncodeList(settings.console_origins)},
      {"oidc_issuer", settings.oidc_issuer},
      {"oidc_name", settings.oidc_name},
      {"oidc_client_id", settings.oidc_client_id},
      {"oidc_scopes", EncodeList(settings.oidc_scopes)},
      {"oidc_creates_users", settings.oidc_creates_users},
      {"oidc_second_factor", std::string(WordOf(settings.oidc_second_factor))},
      {"oidc_role_claim", settings.oidc_role_claim},
      {"oidc_admin_values", EncodeList(settings.oidc_admin_values)},
      {"registration", std::string(WordOf(settings.registration))},
      {"serve_unpriced_models", settings.serve_unpriced_models},
      {"system_prompt", settings.system_prompt},
      {"timeouts", TimeoutsObject(settings.timeouts)},
      {"redis_away_policy", std::string(WordOf(settings.redis_away_policy))},
      {"cache_ttl_ms", settings.cache_ttl_ms},
      {"on_disconnect", static_cast<int>(settings.on_disconnect)},
      {"drain_ms_max", settings.drain_ms_max},
      {"drain_nano_usd_max", settings.drain_nano_usd_max},
      {"budgets_when_usage_away", std::string(WordOf(settings.budgets_when_usage_away))},
      {"budget_output_tokens_default", settings.budget_output_tokens_default},
      {"bodies_forbidden", settings.bodies_forbidden},
      {"body_bytes_max", settings.body_bytes_max},
      {"body_mask_emails", settings.body_mask_emails},
      {"body_mask_patterns", EncodeList(settings.body_mask_patterns)},
      {"tier_models", TierModelsObject(settings.tier_models)}};
  return json::serialize(object);
}

Settings DecodeSettings(const std::string& text) {
  const json::object object = ParseObject(text);
  Settings settings;
  // Before there were invites it was a flag.
  const bool was_open = FlagOf(object, "registration_open");
  settings.registration = FromWord<Registration>(TextOf(object, "registration"))
                              .value_or(was_open ? Registration::kOpen : Registration::kClosed);
  settings.site_name = TextOf(object, "site_name");
  settings.relay_url = TextOf(object, "relay_url");
  settings.session_life_ms = IntOf(object, "session_life_ms");
  settings.login_failures_max = IntOf(object, "login_failures_max");
  settings.login_lock_ms = IntOf(object, "login_lock_ms");
  settings.password_bytes_min = IntOf(object, "password_bytes_min");
  settings.alert_url = TextOf(object, "alert_url");
  DecodeOidc(object, settings);
  settings.serve_unpriced_models = FlagOf(object, "serve_unpriced_models");
  if (const json::value* prompt = object.if_contains("system_prompt");
      prompt != nullptr && prompt->is_string()) {
    settings.system_prompt.assign(prompt->get_string().data(), prompt->get_string().size());
  }
  if (const json::value* timeouts = object.if_contains("timeouts");
      timeouts != nullptr && timeouts->is_object()) {
    settings.timeouts = TimeoutsOf(timeouts->get_object());
  }
  if (const json::value* policy = object.if_contains("redis_away_policy");
      policy != nullptr && policy->is_string()) {
    const json::string& word = policy->get_string();
    settings.redis_away_policy =
        FromWord<RedisAwayPolicy>({word.data(), word.size()}).value_or(settings.redis_away_policy);
  }
  settings.cache_ttl_ms = IntOf(object, "cache_ttl_ms");
  const bool drain = IntOf(object, "on_disconnect") == static_cast<int>(OnDisconnect::kDrain);
  settings.on_disconnect = drain ? OnDisconnect::kDrain : OnDisconnect::kAbort;
  settings.drain_ms_max = IntOf(object, "drain_ms_max");
  settings.drain_nano_usd_max = IntOf(object, "drain_nano_usd_max");
  if (const json::value* away = object.if_contains("budgets_when_usage_away");
      away != nullptr && away->is_string()) {
    const std::string_view word(away->get_string().data(), away->get_string().size());
    settings.budgets_when_usage_away =
        FromWord<BudgetsWhenUsageAway>(word).value_or(settings.budgets_when_usage_away);
  }
  settings.budget_output_tokens_default = IntOf(object, "budget_output_tokens_default");
  settings.bodies_forbidden = FlagOf(object, "bodies_forbidden");
  settings.body_bytes_max = IntOf(object, "body_bytes_max");
  settings.body_mask_emails = FlagOf(object, "body_mask_emails");
  settings.body_mask_patterns = DecodeList(TextOf(object, "body_mask_patterns"));
  if (const json::value* tiers = object.if_contains("tier_models");
      tiers != nullptr && tiers->is_object()) {
    for (const auto& tier : tiers->get_object()) {
      settings.tier_models[std::string(tier.key())] = DecodeList(json::serialize(tier.value()));
    }
  }
  return settings;
}

std::string HexOf(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string BytesOfHex(std::string_view hex) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string bytes;
  if (hex.size() % 2 != 0) return bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return "";
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace weir::admin
