#include "services/admin/publish/to_proto.h"

#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/playground_secret.h"
#include "services/admin/model/provider.h"
#include "services/admin/model/words.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

static_assert(static_cast<int>(Platform::kClaude) == v1::PLATFORM_CLAUDE);
static_assert(static_cast<int>(Platform::kClaudeConsole) == v1::PLATFORM_CLAUDE_CONSOLE);
static_assert(static_cast<int>(Platform::kOpenai) == v1::PLATFORM_OPENAI);
static_assert(static_cast<int>(Platform::kOpenaiResponses) == v1::PLATFORM_OPENAI_RESPONSES);
static_assert(static_cast<int>(Platform::kAzureOpenai) == v1::PLATFORM_AZURE_OPENAI);
static_assert(static_cast<int>(Platform::kOllama) == v1::PLATFORM_OLLAMA);
static_assert(static_cast<int>(Platform::kGemini) == v1::PLATFORM_GEMINI);
static_assert(static_cast<int>(Platform::kSession) == v1::PLATFORM_SESSION);
static_assert(static_cast<int>(CredentialType::kApiKey) == v1::CREDENTIAL_TYPE_API_KEY);
static_assert(static_cast<int>(CredentialType::kBearer) == v1::CREDENTIAL_TYPE_BEARER);
static_assert(static_cast<int>(CredentialType::kOauth) == v1::CREDENTIAL_TYPE_OAUTH);
static_assert(static_cast<int>(CredentialType::kCookie) == v1::CREDENTIAL_TYPE_COOKIE);
static_assert(static_cast<int>(CredentialType::kNone) == v1::CREDENTIAL_TYPE_NONE);
static_assert(static_cast<int>(AccountStatus::kNormal) == v1::ACCOUNT_STATUS_NORMAL);
static_assert(static_cast<int>(AccountStatus::kRateLimited) == v1::ACCOUNT_STATUS_RATE_LIMITED);
static_assert(static_cast<int>(AccountStatus::kApiException) == v1::ACCOUNT_STATUS_API_EXCEPTION);
static_assert(static_cast<int>(AccountStatus::kAccountException) ==
              v1::ACCOUNT_STATUS_ACCOUNT_EXCEPTION);
static_assert(static_cast<int>(AccountStatus::kDisabled) == v1::ACCOUNT_STATUS_DISABLED);
static_assert(static_cast<int>(Presence::kAbsent) == v1::PRESENCE_ABSENT);
static_assert(static_cast<int>(Presence::kPresent) == v1::PRESENCE_PRESENT);
static_assert(static_cast<int>(StreamMode::kOn) == v1::STREAM_MODE_ON);
static_assert(static_cast<int>(RouteOnDisconnect::kDrain) == v1::ON_DISCONNECT_DRAIN);
static_assert(static_cast<int>(StreamMode::kOff) == v1::STREAM_MODE_OFF);
static_assert(static_cast<int>(OnDisconnect::kAbort) == v1::ON_DISCONNECT_ABORT);
static_assert(static_cast<int>(OnDisconnect::kDrain) == v1::ON_DISCONNECT_DRAIN);

v1::Availability AvailabilityOf(ActiveStatus status) {
  return status == ActiveStatus::kActive ? v1::AVAILABILITY_ACTIVE : v1::AVAILABILITY_DISABLED;
}

void Put(const Limits& limits, v1::Limits& out) {
  out.set_requests_per_minute(limits.requests_per_minute);
  out.set_tokens_per_minute(limits.tokens_per_minute);
  out.set_concurrency(limits.concurrency);
  out.set_requests_per_day(limits.requests_per_day);
  out.set_requests_per_month(limits.requests_per_month);
  out.set_requests_total(limits.requests_total);
  out.set_nano_usd_per_day(limits.nano_usd_per_day);
  out.set_nano_usd_per_month(limits.nano_usd_per_month);
  out.set_nano_usd_total(limits.nano_usd_total);
}

void Put(const Timeouts& timeouts, v1::Timeouts& out) {
  out.set_connect_ms(timeouts.connect_ms);
  out.set_first_byte_ms(timeouts.first_byte_ms);
  out.set_idle_ms(timeouts.idle_ms);
  out.set_total_ms(timeouts.total_ms);
}

void Put(const RouteRule& rule, v1::RouteRule& out) {
  out.set_input_tokens_above(rule.input_tokens_above);
  out.set_input_tokens_below(rule.input_tokens_below);
  out.set_thinking(static_cast<v1::Presence>(rule.thinking));
  out.set_tools(static_cast<v1::Presence>(rule.tools));
  out.set_images(static_cast<v1::Presence>(rule.images));
  out.set_upstream_model(rule.upstream_model);
}

void PutSecrets(const Account& account, const Vault& vault, v1::Account& out) {
  const auto credential = OpenCredential(vault, account);
  const auto proxy_url = OpenProxyUrl(vault, account);
  if (credential.ok() && proxy_url.ok()) {
    out.set_credential(credential->Reveal());
    out.set_proxy_url(proxy_url->Reveal());
    return;
  }
  const absl::Status& failed = credential.ok() ? proxy_url.status() : credential.status();
  LogError("an account's secret cannot be opened",
           {{"account_id", account.id}, {"error", std::string(failed.message())}});
  out.set_status(v1::ACCOUNT_STATUS_ACCOUNT_EXCEPTION);
  out.set_status_reason(std::string(reason::kInternal));
}

}  // namespace

void ToProto(const ApiKey& key, v1::Resource& resource) {
  v1::ApiKey& out = *resource.mutable_api_key();
  out.set_id(key.id);
  out.set_sha256(key.key_hash);
  if (!key.previous_key_hash.empty()) {
    out.set_previous_sha256(key.previous_key_hash);
    out.set_previous_until_unix_ms(key.previous_until_ms);
  }
  out.set_name(key.name);
  out.set_user_id(key.user_id);
  out.set_group_id(key.group_id);
  out.set_availability(AvailabilityOf(key.status));
  out.set_expires_at_unix_ms(key.expires_at_ms);
  for (const std::string& model : key.allowed_models) out.add_allowed_models(model);
  for (const std::string& block : key.allowed_ips) out.add_allowed_ips(block);
  Put(key.limits, *out.mutable_limits());
  out.set_system_prompt(key.system_prompt);
  out.set_cache(key.cache);
  out.set_record_bodies(key.record_bodies);
}

void ToProto(const User& user, v1::Resource& resource) {
  v1::User& out = *resource.mutable_user();
  out.set_id(user.id);
  out.set_username(user.username);
  out.set_availability(AvailabilityOf(user.status));
  for (const std::string& block : user.allowed_ips) out.add_allowed_ips(block);
  Put(user.limits, *out.mutable_limits());
}

void ToProto(const Group& group, v1::Resource& resource) {
  v1::Group& out = *resource.mutable_group();
  out.set_id(group.id);
  out.set_name(group.name);
  out.set_availability(AvailabilityOf(group.status));
  out.set_price_multiplier_ppm(group.price_multiplier_ppm);
  out.mutable_model_mapping()->insert(group.model_mapping.begin(), group.model_mapping.end());
  for (const std::string& model : group.fallbacks) out.add_fallbacks(model);
  out.set_system_prompt(group.system_prompt);
  for (const std::string& block : group.allowed_ips) out.add_allowed_ips(block);
  Put(group.limits, *out.mutable_limits());
  out.set_redis_away_policy(static_cast<v1::RedisAwayPolicy>(group.redis_away_policy));
  out.set_cache(group.cache);
  out.set_cache_ttl_ms(group.cache_ttl_ms);
  out.set_native_only(group.native_only);
  out.set_record_bodies(group.record_bodies);
}

void ToProto(const Account& account, const Vault& vault, v1::Resource& resource) {
  v1::Account& out = *resource.mutable_account();
  out.set_id(account.id);
  out.set_name(account.name);
  out.set_platform(static_cast<v1::Platform>(account.platform));
  out.set_provider(ProviderOf(account));
  out.set_request_url(account.request_url);
  out.set_credential_type(static_cast<v1::CredentialType>(account.credential_type));
  for (const std::int64_t group_id : account.group_ids) out.add_group_ids(group_id);
  out.set_priority(static_cast<std::uint32_t>(account.priority));
  out.set_weight(static_cast<std::uint32_t>(account.weight));
  for (const std::string& model : account.models) out.add_models(model);
  out.mutable_model_mapping()->insert(account.model_mapping.begin(), account.model_mapping.end());
  out.set_tier(account.tier);
  if (account.platform == Platform::kSession) {
    out.set_session_protocol(std::string(WordOf(account.session.protocol)));
    out.set_credential_name(account.session.credential_name);
  }
  Put(account.timeouts, *out.mutable_timeouts());
  Put(account.limits, *out.mutable_limits());
  out.mutable_headers()->insert(account.headers.begin(), account.headers.end());
  out.mutable_quirks()->Add(account.quirks.begin(), account.quirks.end());
  out.set_status(static_cast<v1::AccountStatus>(account.status));
  out.set_status_reason(account.status_reason);
  out.set_cooldown_until_unix_ms(account.cooldown_until_ms);
  out.set_status_observed_at_unix_ms(account.status_observed_at_ms);
  for (const ModelCooldown& cooldown : account.model_cooldowns) {
    v1::ModelCooldown& entry = *out.add_model_cooldowns();
    entry.set_model(cooldown.model);
    entry.set_until_unix_ms(cooldown.until_ms);
    entry.set_observed_at_unix_ms(cooldown.observed_at_ms);
    entry.set_reason(cooldown.reason);
  }
  PutSecrets(account, vault, out);
}

void ToProto(const Price& price, v1::Resource& resource) {
  v1::Price& out = *resource.mutable_price();
  out.set_id(price.id);
  out.set_provider(price.provider);
  out.set_model(price.model);
  out.set_effective_from_unix_ms(price.effective_from_ms);
  out.set_input_pico_usd(price.input_pico_usd);
  out.set_output_pico_usd(price.output_pico_usd);
  out.set_cache_read_pico_usd(price.cache_read_pico_usd);
  out.set_cache_write_5m_pico_usd(price.cache_write_5m_pico_usd);
  out.set_cache_write_1h_pico_usd(price.cache_write_1h_pico_usd);
  out.set_tier_above_input_tokens(price.tier_above_input_tokens);
  out.set_tier_input_pico_usd(price.tier_input_pico_usd);
  out.set_tier_output_pico_usd(price.tier_output_pico_usd);
  out.set_tier_cache_read_pico_usd(price.tier_cache_read_pico_usd);
  out.set_tier_cache_write_5m_pico_usd(price.tier_cache_write_5m_pico_usd);
  out.set_tier_cache_write_1h_pico_usd(price.tier_cache_write_1h_pico_usd);
  for (const std::string& alias : price.aliases) out.add_aliases(alias);
  out.set_max_output_tokens(price.max_output_tokens);
}

namespace {

// As browsers write it in a request: without the path, and without the scheme's own port.
void AddOrigin(std::string_view url, v1::ConsoleAccess& out) {
  const absl::StatusOr<UpstreamUrl> parsed = ParseUpstreamUrl(url);
  if (!parsed.ok()) return;  // none that is stored
  out.add_origins(StrCat(parsed->tls ? "https://" : "http://", parsed->host_header));
}

void PutConsole(const Settings& settings, const Vault& vault, v1::ConsoleAccess& out) {
  const absl::StatusOr<Secret> secret = OpenPlaygroundSecret(vault, settings);
  if (secret.ok()) {
    out.set_playground_secret(secret->Reveal());
  } else {
    LogError("the secret of the playground cannot be opened",
             {{"error", std::string(secret.status().message())}});
  }
  if (!settings.console_url.empty()) AddOrigin(settings.console_url, out);
  for (const std::string& origin : settings.console_origins) AddOrigin(origin, out);
}

}  // namespace

void ToProto(const Settings& settings, const Vault& vault, v1::Resource& resource) {
  v1::RelaySettings& out = *resource.mutable_settings();
  out.set_serve_unpriced_models(settings.serve_unpriced_models);
  out.set_system_prompt(settings.system_prompt);
  Put(settings.timeouts, *out.mutable_timeouts());
  out.set_redis_away_policy(static_cast<v1::RedisAwayPolicy>(settings.redis_away_policy));
  out.set_cache_ttl_ms(settings.cache_ttl_ms);
  out.set_on_disconnect(static_cast<v1::OnDisconnect>(settings.on_disconnect));
  out.set_drain_ms_max(settings.drain_ms_max);
  out.set_drain_nano_usd_max(settings.drain_nano_usd_max);
  out.set_budgets_when_usage_away(settings.budgets_when_usage_away ==
                                          BudgetsWhenUsageAway::kSpendLeasesThenOpen
                                      ? v1::BUDGETS_WHEN_USAGE_AWAY_SPEND_LEASES_THEN_OPEN
                                      : v1::BUDGETS_WHEN_USAGE_AWAY_SPEND_LEASES_THEN_CLOSED);
  out.set_budget_output_tokens_default(settings.budget_output_tokens_default);
  out.set_bodies_forbidden(settings.bodies_forbidden);
  out.set_body_bytes_max(settings.body_bytes_max);
  out.set_body_mask_emails(settings.body_mask_emails);
  for (const std::string& pattern : settings.body_mask_patterns) {
    out.add_body_mask_patterns(pattern);
  }
  PutConsole(settings, vault, *out.mutable_console());
}

void ToProto(const ModelRoute& route, v1::Resource& resource) {
  v1::Route& out = *resource.mutable_route();
  out.set_id(route.id);
  out.set_model(route.model);
  for (const std::int64_t group_id : route.group_ids) out.add_group_ids(group_id);
  out.set_position(static_cast<std::int32_t>(route.position));
  out.set_enabled(route.status == ActiveStatus::kActive);
  out.set_upstream_model(route.upstream_model);
  for (const RouteRule& rule : route.rules) Put(rule, *out.add_rules());
  for (const std::string& model : route.fallbacks) out.add_fallbacks(model);
  out.set_max_tokens_min(route.max_tokens_min);
  out.set_max_tokens_max(route.max_tokens_max);
  out.set_max_tokens_default(route.max_tokens_default);
  if (route.temperature_default_milli.has_value()) {
    out.set_temperature_default_milli(static_cast<std::int32_t>(*route.temperature_default_milli));
  }
  out.set_stream_mode(static_cast<v1::StreamMode>(route.stream_mode));
  Put(route.timeouts, *out.mutable_timeouts());
  out.set_attempts_max(static_cast<std::uint32_t>(route.attempts_max));
  out.set_on_disconnect(static_cast<v1::OnDisconnect>(route.on_disconnect));
  out.set_drain_ms_max(route.drain_ms_max);
  out.set_drain_nano_usd_max(route.drain_nano_usd_max);
  out.set_native_only(route.native_only);
}

}  // namespace weir::admin
