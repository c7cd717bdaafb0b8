#include "services/admin/json/record_json.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/json/value_json.h"
#include "services/admin/model/account_status.h"
#include "services/admin/model/provider.h"
#include "services/admin/model/time_text.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::value PerMillionJson(std::int64_t pico_usd) {
  return TextOrNull(pico_usd < 0 ? std::string() : FormatUsdPerMillion(pico_usd));
}

void AddRecord(const Record& record, json::object& object) {
  object["created_at"] = TimeJson(record.created_at_ms);
  object["updated_at"] = TimeJson(record.updated_at_ms);
  object["version"] = record.version;
}

void IgnoreRecord(BodyReader& reader) {
  reader.Ignore({"id", "created_at", "updated_at", "version"});
}

std::string MaskedProxy(const Account& account, const Vault& vault) {
  const auto proxy_url = OpenProxyUrl(vault, account);
  return proxy_url.ok() ? MaskPassword(proxy_url->Reveal()) : std::string();
}

// An administrator switches an account on or off; the other words are what was observed, and come
// back unchanged from a client that sends what it got.
void ReadAccountStatus(BodyReader& reader, Account& account) {
  AccountStatus status = account.status;
  reader.Word("status", status);
  const bool settable = status == AccountStatus::kNormal || status == AccountStatus::kDisabled;
  if (!settable || status == account.status) return;
  account.status = status;
  account.status_reason.clear();
  account.cooldown_until_ms = 0;
  account.model_cooldowns.clear();
}

// Those whose time has not come.
json::array CooldownsJson(const Account& account, std::int64_t now_ms) {
  std::vector<ModelCooldown> cooldowns = account.model_cooldowns;
  std::erase_if(cooldowns, [=](const ModelCooldown& one) { return one.until_ms <= now_ms; });
  return ListJson(cooldowns, [](const ModelCooldown& cooldown) {
    return json::object{{"model", cooldown.model},
                        {"until", TimeJson(cooldown.until_ms)},
                        {"reason", cooldown.reason}};
  });
}

}  // namespace

json::value TimeJson(std::int64_t unix_ms) {
  if (Describing()) {
    return MarkedValue({{"type", json::array{"string", "null"}}, {"format", "date-time"}});
  }
  return unix_ms == 0 ? json::value() : json::value(FormatTime(unix_ms));
}

json::object LimitsJson(const Limits& limits) {
  return {{"rpm", CapJson(limits.requests_per_minute)},
          {"tpm", CapJson(limits.tokens_per_minute)},
          {"concurrency", CapJson(limits.concurrency)},
          {"requests_per_day", CapJson(limits.requests_per_day)},
          {"requests_per_month", CapJson(limits.requests_per_month)},
          {"requests_total", CapJson(limits.requests_total)},
          {"usd_per_day", UsdJson(limits.nano_usd_per_day)},
          {"usd_per_month", UsdJson(limits.nano_usd_per_month)},
          {"usd_total", UsdJson(limits.nano_usd_total)}};
}

json::object TimeoutsJson(const Timeouts& timeouts) {
  return {{"connect_ms", CapJson(timeouts.connect_ms)},
          {"first_byte_ms", CapJson(timeouts.first_byte_ms)},
          {"idle_ms", CapJson(timeouts.idle_ms)},
          {"total_ms", CapJson(timeouts.total_ms)}};
}

json::array TextsJson(const std::vector<std::string>& texts) {
  return ListJson(texts, [](const std::string& text) { return json::value(text); });
}

json::array IdsJson(const std::vector<std::int64_t>& ids) {
  return ListJson(ids, [](std::int64_t id) { return json::value(id); });
}

json::value MapJson(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return ByName(std::move(object), [] { return json::value(""); });
}

json::object UserJson(const User& user) {
  json::object object = {{"id", user.id},
                         {"username", user.username},
                         {"name", user.name},
                         {"email", user.email},
                         {"role", WordJson(user.role)},
                         {"status", WordJson(user.status)},
                         {"group_id", user.group_id},
                         {"allowed_ips", TextsJson(user.allowed_ips)},
                         {"limits", LimitsJson(user.limits)},
                         {"must_change_password", user.must_change_password},
                         {"last_login_at", TimeJson(user.last_login_at_ms)}};
  AddRecord(user, object);
  return object;
}

json::object GroupJson(const Group& group) {
  json::object object = {{"id", group.id},
                         {"name", group.name},
                         {"remark", group.remark},
                         {"status", WordJson(group.status)},
                         {"price_multiplier", FormatPpm(group.price_multiplier_ppm)},
                         {"model_mapping", MapJson(group.model_mapping)},
                         {"fallbacks", TextsJson(group.fallbacks)},
                         {"system_prompt", group.system_prompt},
                         {"allowed_ips", TextsJson(group.allowed_ips)},
                         {"limits", LimitsJson(group.limits)},
                         {"redis_away_policy", WordJson(group.redis_away_policy)},
                         {"cache", group.cache},
                         {"cache_ttl_ms", CapJson(group.cache_ttl_ms)},
                         {"native_only", group.native_only},
                         {"record_bodies", group.record_bodies}};
  AddRecord(group, object);
  return object;
}

json::object ApiKeyJson(const ApiKey& key, std::int64_t now_ms) {
  const bool expired = key.expires_at_ms != 0 && key.expires_at_ms <= now_ms;
  const bool shown_expired = key.status == ActiveStatus::kActive && expired;
  json::object object = {{"id", key.id},
                         {"user_id", key.user_id},
                         {"name", key.name},
                         {"key_hint", key.key_hint},
                         {"status", OneWord({"active", "disabled", "expired", "exhausted"},
                                            shown_expired ? "expired" : WordOf(key.status))},
                         {"group_id", key.group_id},
                         {"expires_at", TimeJson(key.expires_at_ms)},
                         {"allowed_models", TextsJson(key.allowed_models)},
                         {"allowed_ips", TextsJson(key.allowed_ips)},
                         {"limits", LimitsJson(key.limits)},
                         {"system_prompt", key.system_prompt},
                         {"cache", key.cache},
                         {"record_bodies", key.record_bodies},
                         {"managed", key.managed}};
  const bool rotating = key.previous_until_ms > now_ms;
  object["previous_key_hint"] =
      TextOrNull(rotating ? std::string_view(key.previous_key_hint) : std::string_view());
  object["previous_until"] = TimeJson(rotating ? key.previous_until_ms : 0);
  AddRecord(key, object);
  return object;
}

namespace {

// When relays try next what rests now: the account, or the first of its models. 0 = nothing rests.
std::int64_t NextProbeMs(const Account& account, std::int64_t now_ms) {
  const AccountStatus status = StatusAt(account, now_ms);
  if (status == AccountStatus::kDisabled || status == AccountStatus::kAccountException) return 0;
  if (account.cooldown_until_ms > now_ms) return account.cooldown_until_ms;
  std::int64_t next_ms = 0;
  for (const ModelCooldown& cooldown : account.model_cooldowns) {
    if (cooldown.until_ms <= now_ms) continue;
    next_ms = next_ms == 0 ? cooldown.until_ms : std::min(next_ms, cooldown.until_ms);
  }
  return next_ms;
}

}  // namespace

json::object AccountJson(const Account& account, const Vault& vault, std::int64_t now_ms) {
  const AccountStatus status = StatusAt(account, now_ms);
  const bool as_stored = status == account.status;
  json::object object = {{"id", account.id},
                         {"name", account.name},
                         {"platform_type", WordJson(account.platform)},
                         {"provider", ProviderOf(account)},
                         {"request_url", account.request_url},
                         {"credential_type", WordJson(account.credential_type)},
                         {"has_secret", !account.sealed_credential.empty()},
                         {"credential_expires_at", TimeJson(account.credential_expires_at_ms)},
                         {"credential_refreshed_at", TimeJson(account.credential_refreshed_at_ms)},
                         {"session", SessionJson(account)},
                         {"oauth", OauthJson(account)},
                         {"group_ids", IdsJson(account.group_ids)},
                         {"priority", account.priority},
                         {"weight", account.weight},
                         {"models", TextsJson(account.models)},
                         {"model_mapping", MapJson(account.model_mapping)},
                         {"tier", account.tier},
                         {"proxy_url", MaskedProxy(account, vault)},
                         {"timeouts", TimeoutsJson(account.timeouts)},
                         {"limits", LimitsJson(account.limits)},
                         {"headers", MapJson(account.headers)},
                         {"quirks", TextsJson(account.quirks)},
                         {"status", WordJson(status)},
                         {"status_reason", as_stored ? account.status_reason : std::string()},
                         {"cooldown_until", TimeJson(as_stored ? account.cooldown_until_ms : 0)},
                         {"model_cooldowns", CooldownsJson(account, now_ms)},
                         {"next_probe_at", TimeJson(NextProbeMs(account, now_ms))}};
  AddRecord(account, object);
  return object;
}

json::object PriceJson(const Price& price) {
  json::object object = {
      {"id", price.id},
      {"provider", price.provider},
      {"model", price.model},
      {"effective_from", TimeJson(price.effective_from_ms)},
      {"input", PerMillionJson(price.input_pico_usd)},
      {"output", PerMillionJson(price.output_pico_usd)},
      {"cache_read", PerMillionJson(price.cache_read_pico_usd)},
      {"cache_write_5m", PerMillionJson(price.cache_write_5m_pico_usd)},
      {"cache_write_1h", PerMillionJson(price.cache_write_1h_pico_usd)},
      {"tier_above_input_tokens", CapJson(price.tier_above_input_tokens)},
      {"tier_input", PerMillionJson(price.tier_input_pico_usd)},
      {"tier_output", PerMillionJson(price.tier_output_pico_usd)},
      {"tier_cache_read", PerMillionJson(price.tier_cache_read_pico_usd)},
      {"tier_cache_write_5m", PerMillionJson(price.tier_cache_write_5m_pico_usd)},
      {"tier_cache_write_1h", PerMillionJson(price.tier_cache_write_1h_pico_usd)},
      {"aliases", TextsJson(price.aliases)},
      {"max_output_tokens", CapJson(price.max_output_tokens)},
      {"source", WordJson(price.source)}};
  AddRecord(price, object);
  return object;
}

void ReadLimits(BodyReader& reader, Limits& limits) {
  if (reader.IsNull("limits")) limits = {};
  const auto inner = reader.Object("limits");
  if (inner == nullptr) return;
  inner->Cap("rpm", limits.requests_per_minute);
  inner->Cap("tpm", limits.tokens_per_minute);
  inner->Cap("concurrency", limits.concurrency);
  inner->Cap("requests_per_day", limits.requests_per_day);
  inner->Cap("requests_per_month", limits.requests_per_month);
  inner->Cap("requests_total", limits.requests_total);
  inner->UsdCap("usd_per_day", limits.nano_usd_per_day);
  inner->UsdCap("usd_per_month", limits.nano_usd_per_month);
  inner->UsdCap("usd_total", limits.nano_usd_total);
  inner->Finish();
}

void ReadTimeouts(BodyReader& reader, Timeouts& timeouts) {
  if (reader.IsNull("timeouts")) timeouts = {};
  const auto inner = reader.Object("timeouts");
  if (inner == nullptr) return;
  inner->Cap("connect_ms", timeouts.connect_ms);
  inner->Cap("first_byte_ms", timeouts.first_byte_ms);
  inner->Cap("idle_ms", timeouts.idle_ms);
  inner->Cap("total_ms", timeouts.total_ms);
  inner->Finish();
}

void ReadUser(BodyReader& reader, User& user, std::optional<Secret>& password) {
  IgnoreRecord(reader);
  reader.Ignore({"last_login_at", "second_factor", "keys", "today", "month", "tightest_limit"});
  reader.Text("username", user.username);
  user.username = ToLower(StripSpace(user.username));
  reader.Text("name", user.name);
  reader.Text("email", user.email);
  user.email = ToLower(StripSpace(user.email));
  reader.Word("role", user.role);
  reader.Word("status", user.status);
  reader.Integer("group_id", user.group_id);
  reader.Texts("allowed_ips", user.allowed_ips);
  ReadLimits(reader, user.limits);
  reader.Hidden("password", password);
  reader.Flag("must_change_password", user.must_change_password);
}

void ReadGroup(BodyReader& reader, Group& group) {
  IgnoreRecord(reader);
  reader.Ignore({"members", "today", "tightest_limit"});
  reader.Text("name", group.name);
  reader.Text("remark", group.remark);
  reader.Word("status", group.status);
  reader.Multiplier("price_multiplier", group.price_multiplier_ppm);
  reader.TextMap("model_mapping", group.model_mapping);
  reader.Texts("fallbacks", group.fallbacks);
  reader.Text("system_prompt", group.system_prompt);
  reader.Texts("allowed_ips", group.allowed_ips);
  ReadLimits(reader, group.limits);
  reader.Word("redis_away_policy", group.redis_away_policy);
  reader.Flag("cache", group.cache);
  reader.Cap("cache_ttl_ms", group.cache_ttl_ms);
  reader.Flag("native_only", group.native_only);
  reader.Flag("record_bodies", group.record_bodies);
}

void ReadApiKey(BodyReader& reader, ApiKey& key) {
  IgnoreRecord(reader);
  reader.Ignore({"key_hint", "last_used_at", "managed", "previous_key_hint", "previous_until",
                 "today", "tightest_limit"});
  reader.Text("name", key.name);
  reader.Integer("user_id", key.user_id);
  reader.Integer("group_id", key.group_id);
  reader.Time("expires_at", key.expires_at_ms);
  reader.Texts("allowed_models", key.allowed_models);
  reader.Texts("allowed_ips", key.allowed_ips);
  ReadLimits(reader, key.limits);
  reader.UsdCap("daily_limit", key.limits.nano_usd_per_day);
  reader.Text("system_prompt", key.system_prompt);
  reader.Flag("cache", key.cache);
  reader.Flag("record_bodies", key.record_bodies);
  reader.Word("status", key.status, {"expired", "exhausted"});
}

void ReadAccount(BodyReader& reader, Account& account, AccountSecrets& secrets) {
  IgnoreRecord(reader);
  reader.Ignore({"in_flight", "requests_last_minute", "tokens_last_minute", "failures",
                 "last_error", "windows", "next_probe_at"});
  reader.Ignore({"has_secret", "last_used_at", "today", "status_reason", "cooldown_until",
                 "model_cooldowns", "credential_refreshed_at", "status_since", "status_source",
                 "last_check"});
  reader.Text("name", account.name);
  const Platform before = account.platform;
  reader.Word("platform_type", account.platform);
  if (account.platform != before) {
    account.credential_type = UsualCredentialType(account.platform);
    account.session = {};
  }
  reader.Word("credential_type", account.credential_type);
  reader.Text("request_url", account.request_url);
  account.request_url = std::string(StripSpace(account.request_url));
  reader.Text("provider", account.provider);
  if (account.provider == DerivedProvider(account.platform, account.request_url)) {
    account.provider.clear();  // so that it follows the URL
  }
  reader.HiddenLine("secret_key", secrets.credential);
  reader.Time("credential_expires_at", account.credential_expires_at_ms);
  ReadSession(reader, account);
  ReadOauth(reader, account, secrets);
  if (reader.Has("group_id")) {
    account.group_ids = {0};
    reader.Integer("group_id", account.group_ids.front());
  }
  reader.Ids("group_ids", account.group_ids);
  reader.Integer("priority", account.priority);
  reader.Integer("weight", account.weight);
  reader.Texts("models", account.models);
  reader.TextMap("model_mapping", account.model_mapping);
  reader.Text("tier", account.tier);
  reader.HiddenLine("proxy_url", secrets.proxy_url);
  ReadTimeouts(reader, account.timeouts);
  ReadLimits(reader, account.limits);
  reader.TextMap("headers", account.headers);
  reader.Texts("quirks", account.quirks);
  ReadAccountStatus(reader, account);
}

void ReadPrice(BodyReader& reader, Price& price) {
  IgnoreRecord(reader);
  reader.Ignore({"source"});
  reader.Text("provider", price.provider);
  reader.Text("model", price.model);
  reader.Time("effective_from", price.effective_from_ms);
  reader.PerMillion("input", price.input_pico_usd);
  reader.PerMillion("output", price.output_pico_usd);
  reader.PerMillion("cache_read", price.cache_read_pico_usd);
  reader.PerMillion("cache_write_5m", price.cache_write_5m_pico_usd);
  reader.PerMillion("cache_write_1h", price.cache_write_1h_pico_usd);
  reader.Cap("tier_above_input_tokens", price.tier_above_input_tokens);
  reader.PerMillion("tier_input", price.tier_input_pico_usd);
  reader.PerMillion("tier_output", price.tier_output_pico_usd);
  reader.PerMillion("tier_cache_read", price.tier_cache_read_pico_usd);
  reader.PerMillion("tier_cache_write_5m", price.tier_cache_write_5m_pico_usd);
  reader.PerMillion("tier_cache_write_1h", price.tier_cache_write_1h_pico_usd);
  reader.Texts("aliases", price.aliases);
  reader.Cap("max_output_tokens", price.max_output_tokens);
}

}  // namespace weir::admin
