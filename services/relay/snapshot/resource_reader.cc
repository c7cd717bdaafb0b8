#include "services/relay/snapshot/resource_reader.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "libs/common/ip_block.h"
#include "libs/common/listed_price.h"
#include "libs/common/mask_pattern.h"
#include "libs/common/playground_token.h"
#include "libs/common/proxy_url.h"
#include "libs/common/resource_rules.h"
#include "libs/common/stable_hash.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "services/relay/snapshot/resource_checks.h"
#include "services/relay/snapshot/resource_words.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

Limits ReadLimits(const v1::Limits& in, Checks& checks) {
  const Limits limits{.requests_per_minute = in.requests_per_minute(),
                      .tokens_per_minute = in.tokens_per_minute(),
                      .concurrency = in.concurrency(),
                      .requests_per_day = in.requests_per_day(),
                      .requests_per_month = in.requests_per_month(),
                      .requests_total = in.requests_total(),
                      .nano_usd_per_day = in.nano_usd_per_day(),
                      .nano_usd_per_month = in.nano_usd_per_month(),
                      .nano_usd_total = in.nano_usd_total()};
  for (const std::int64_t limit :
       {limits.requests_per_minute, limits.tokens_per_minute, limits.concurrency,
        limits.requests_per_day, limits.requests_per_month, limits.requests_total,
        limits.nano_usd_per_day, limits.nano_usd_per_month, limits.nano_usd_total}) {
    checks.Require(CheckLimit(limit), "limits");
  }
  return limits;
}

template <typename Texts>
std::vector<ModelPattern> ReadPatterns(const Texts& texts, std::string_view field, Checks& checks) {
  std::vector<ModelPattern> patterns;
  patterns.reserve(static_cast<std::size_t>(texts.size()));
  for (const std::string& text : texts) {
    checks.Require(CheckModelPattern(text), field);
    patterns.emplace_back(text);
  }
  return patterns;
}

template <typename Texts>
std::vector<IpBlock> ReadAddresses(const Texts& texts, Checks& checks) {
  std::vector<IpBlock> blocks;
  blocks.reserve(static_cast<std::size_t>(texts.size()));
  for (const std::string& text : texts) {
    blocks.push_back(checks.Take(ParseIpBlock(text), "allowed_ips"));
  }
  return blocks;
}

template <typename Map>
ModelMapping ReadMapping(const Map& in, Checks& checks) {
  ModelMapping mapping;
  for (const auto& [from, to] : in) {
    checks.Require(CheckModelPattern(from), "model_mapping");
    checks.Require(CheckModelName(to), "model_mapping");
    mapping.entries.emplace_back(ModelPattern(from), to);
  }
  std::sort(mapping.entries.begin(), mapping.entries.end(),
            [](const auto& a, const auto& b) { return a.first.Compare(b.first) < 0; });
  return mapping;
}

template <typename Map>
std::vector<std::pair<std::string, std::string>> ReadHeaders(const Map& in, Checks& checks) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [given, value] : in) {
    checks.Require(CheckHeaderName(given), "headers");
    checks.Require(CheckHeaderValue(value), "headers");
    headers.emplace_back(ToLower(given), value);
  }
  std::sort(headers.begin(), headers.end());
  return headers;
}

// Maps have no order of their own on the wire, hence the deterministic way.
std::uint64_t ContentHash(v1::Account account) {
  account.clear_status_reason();
  account.clear_cooldown_until_unix_ms();
  account.clear_model_cooldowns();
  account.clear_status_observed_at_unix_ms();
  account.set_status(v1::ACCOUNT_STATUS_NORMAL);
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    account.SerializeToCodedStream(&coded);
  }
  const std::uint64_t hash = std::hash<std::string>()(bytes);
  const Secret wiped(std::move(bytes));  // it held the credential
  return hash;
}

std::uint64_t FamilyOf(const Account& account) {
  const bool claude =
      account.platform == Platform::kClaude || account.platform == Platform::kClaudeConsole;
  if (!claude) return MixBits(static_cast<std::uint64_t>(account.id));
  return StableHash(StrCat(static_cast<int>(account.platform), " ", account.provider, " ",
                           account.url.host, ":", account.url.port));
}

}  // namespace

absl::StatusOr<ApiKey> ReadApiKey(const v1::ApiKey& in) {
  Checks checks("api_key", in.id());
  ApiKey key;
  key.id = in.id();
  if (checks.Require(in.sha256().size() == key.sha256.size(), "sha256 must have 32 bytes")) {
    std::copy(in.sha256().begin(), in.sha256().end(), key.sha256.begin());
  }
  key.name = in.name();
  key.user_id = in.user_id();
  key.group_id = in.group_id();
  key.availability = Known(AvailabilityOf(in.availability()), "availability", checks);
  key.expires_at_unix_ms = in.expires_at_unix_ms();
  checks.Require(key.expires_at_unix_ms >= 0, "expires_at_unix_ms must not be negative");
  key.allowed_models = ReadPatterns(in.allowed_models(), "allowed_models", checks);
  key.allowed_ips = ReadAddresses(in.allowed_ips(), checks);
  key.limits = ReadLimits(in.limits(), checks);
  key.system_prompt = in.system_prompt();
  key.cache = in.cache();
  key.record_bodies = in.record_bodies();
  return Finish(checks, std::move(key));
}

absl::StatusOr<std::optional<PreviousSecret>> ReadPreviousSecret(const v1::ApiKey& in) {
  const std::string& sha256 = in.previous_sha256();
  if (sha256.empty()) return std::nullopt;
  PreviousSecret secret;
  if (sha256.size() != secret.sha256.size()) {
    return absl::InvalidArgumentError(
        StrCat("api_key ", in.id(), ": previous_sha256 must have 32 bytes"));
  }
  if (sha256 == in.sha256())
    return absl::InvalidArgumentError(
        StrCat("api_key ", in.id(), ": previous_sha256 is the present one"));
  if (in.previous_until_unix_ms() <= 0) {
    return absl::InvalidArgumentError(
        StrCat("api_key ", in.id(), ": previous_until_unix_ms must be set beside previous_sha256"));
  }
  secret.id = in.id();
  std::copy(sha256.begin(), sha256.end(), secret.sha256.begin());
  secret.until_unix_ms = in.previous_until_unix_ms();
  return secret;
}

absl::StatusOr<User> ReadUser(const v1::User& in) {
  Checks checks("user", in.id());
  User user;
  user.id = in.id();
  user.username = in.username();
  user.availability = Known(AvailabilityOf(in.availability()), "availability", checks);
  user.allowed_ips = ReadAddresses(in.allowed_ips(), checks);
  user.limits = ReadLimits(in.limits(), checks);
  return Finish(checks, std::move(user));
}

absl::StatusOr<Group> ReadGroup(const v1::Group& in) {
  Checks checks("group", in.id());
  Group group;
  group.id = in.id();
  group.name = in.name();
  group.availability = Known(AvailabilityOf(in.availability()), "availability", checks);
  group.price_multiplier_ppm = in.price_multiplier_ppm();
  checks.Require(CheckPriceMultiplierPpm(group.price_multiplier_ppm), "price_multiplier");
  group.model_mapping = ReadMapping(in.model_mapping(), checks);
  group.fallbacks.assign(in.fallbacks().begin(), in.fallbacks().end());
  checks.Require(group.fallbacks.size() <= kFallbacksMax, "too many fallbacks");
  for (const std::string& model : group.fallbacks) {
    checks.Require(CheckModelName(model), "fallbacks");
  }
  group.system_prompt = in.system_prompt();
  group.allowed_ips = ReadAddresses(in.allowed_ips(), checks);
  group.limits = ReadLimits(in.limits(), checks);
  group.redis_away_policy =
      Known(RedisAwayPolicyOf(in.redis_away_policy()), "redis_away_policy", checks);
  group.cache = in.cache();
  group.cache_ttl_ms = in.cache_ttl_ms();
  group.native_only = in.native_only();
  group.record_bodies = in.record_bodies();
  checks.Require(CheckCacheTtlMs(group.cache_ttl_ms), "cache_ttl_ms");
  return Finish(checks, std::move(group));
}

absl::StatusOr<Account> ReadAccount(const v1::Account& in) {
  Checks checks("account", in.id());
  Account account;
  account.id = in.id();
  account.name = in.name();
  account.platform = Known(PlatformOf(in.platform()), "platform", checks);
  account.provider = in.provider();
  account.url = checks.Take(ParseAccountUrl(in.request_url()), "request_url");
  account.credential_type =
      Known(CredentialTypeOf(in.credential_type()), "credential_type", checks);
  checks.Require(CheckCredential(in.credential()), "credential");
  account.credential = Secret(in.credential());
  account.session_protocol =
      Known(SessionProtocolOf(in.session_protocol()), "session_protocol", checks);
  account.credential_name = in.credential_name();
  if (!account.credential_name.empty()) {
    const bool is_cookie = account.credential_type == CredentialType::kCookie;
    checks.Require(is_cookie ? CheckCookieName(account.credential_name)
                             : CheckHeaderName(account.credential_name),
                   "credential_name");
  }
  account.group_ids.assign(in.group_ids().begin(), in.group_ids().end());
  std::sort(account.group_ids.begin(), account.group_ids.end());
  account.group_ids.erase(std::unique(account.group_ids.begin(), account.group_ids.end()),
                          account.group_ids.end());
  account.priority = in.priority();
  checks.Require(CheckPriority(account.priority), "priority");
  account.weight = in.weight();
  checks.Require(CheckWeight(account.weight), "weight");
  account.models = ReadPatterns(in.models(), "models", checks);
  account.model_mapping = ReadMapping(in.model_mapping(), checks);
  account.tier = in.tier();
  if (!in.proxy_url().empty()) {
    account.proxy = checks.Take(ParseProxyUrl(in.proxy_url()), "proxy_url");
    // With another proxy, or another password for it, the connections through the old one are
    // another's.
    StrAppend(account.url.pool_key, "#", in.id(), "-", std::hash<std::string>{}(in.proxy_url()));
  }
  account.configured_timeouts = ReadTimeouts(in.timeouts(), checks);
  account.limits = ReadLimits(in.limits(), checks);
  account.headers = ReadHeaders(in.headers(), checks);
  checks.Require(static_cast<std::size_t>(in.quirks_size()) <= kQuirksMax, "too many quirks");
  for (const std::string& quirk : in.quirks()) {
    account.quirks.push_back(checks.Take(ParseQuirk(quirk), "quirks"));
  }
  account.status = Known(AccountStatusOf(in.status()), "status", checks);
  account.cooldown_until_unix_ms = in.cooldown_until_unix_ms();
  checks.Require(account.cooldown_until_unix_ms >= 0,
                 "cooldown_until_unix_ms must not be negative");
  account.status_reason = in.status_reason();
  account.status_observed_at_unix_ms = in.status_observed_at_unix_ms();
  for (const v1::ModelCooldown& cooldown : in.model_cooldowns()) {
    checks.Require(!cooldown.model().empty() && cooldown.until_unix_ms() >= 0, "model_cooldowns");
    account.model_cooldowns.push_back({cooldown.model(), cooldown.until_unix_ms(),
                                       cooldown.observed_at_unix_ms(), cooldown.reason()});
  }
  account.content_hash = ContentHash(in);
  account.family = FamilyOf(account);
  return Finish(checks, std::move(account));
}

absl::StatusOr<Price> ReadPrice(const v1::Price& in) {
  Checks checks("price", in.id());
  Price price;
  price.id = in.id();
  price.provider = in.provider();
  checks.Require(CheckPricedModel(in.model()), "model");
  price.model = ModelPattern(in.model());
  price.aliases.assign(in.aliases().begin(), in.aliases().end());
  checks.Require(CheckPriceAliases(price.aliases), "aliases");
  price.effective_from_unix_ms = in.effective_from_unix_ms();
  checks.Require(price.effective_from_unix_ms >= 0, "effective_from_unix_ms must not be negative");
  checks.Require(in.max_output_tokens() >= 0, "max_output_tokens must not be negative");
  price.max_output_tokens = in.max_output_tokens();
  absl::StatusOr<TieredPrices> prices = CompletePrices(ListedPricesOf(in));
  if (prices.ok()) price.prices = *prices;
  checks.Require(prices.ok(), View(prices.status().message()));
  return Finish(checks, std::move(price));
}

namespace {

std::shared_ptr<const BodyRules> ReadBodyRules(const v1::RelaySettings& in, Checks& checks) {
  auto rules = std::make_shared<BodyRules>();
  rules->forbidden = in.bodies_forbidden();
  checks.Require(CheckBodyBytes(in.body_bytes_max()), "body_bytes_max");
  if (in.body_bytes_max() > 0) rules->bytes_max = in.body_bytes_max();
  rules->mask_emails = in.body_mask_emails();
  rules->mask_patterns.assign(in.body_mask_patterns().begin(), in.body_mask_patterns().end());
  checks.Require(rules->mask_patterns.size() <= kMaskPatternsMax, "too many body_mask_patterns");
  for (const std::string& pattern : rules->mask_patterns) {
    checks.Require(CheckMaskPattern(pattern), "body_mask_patterns");
  }
  return rules;
}

std::shared_ptr<const ConsoleAccess> ReadConsoleAccess(const v1::ConsoleAccess& in,
                                                       Checks& checks) {
  constexpr int kOriginsMax = 20;
  auto access = std::make_shared<ConsoleAccess>();
  const std::string& secret = in.playground_secret();
  checks.Require(secret.empty() || secret.size() == kPlaygroundSecretBytes,
                 "console: playground_secret must have 32 bytes");
  access->playground_secret = Secret(secret);
  access->origins.assign(in.origins().begin(), in.origins().end());
  checks.Require(in.origins_size() <= kOriginsMax, "console: too many origins");
  for (const std::string& origin : access->origins) {
    checks.Require(ParseUpstreamUrl(origin).status(), "console: origins");
  }
  return access;
}

}  // namespace

absl::StatusOr<RelaySettings> ReadSettings(const v1::RelaySettings& in) {
  Checks checks("settings", 1);
  RelaySettings settings;
  settings.serve_unpriced_models = in.serve_unpriced_models();
  settings.system_prompt = in.system_prompt();
  settings.timeouts = FilledIn(ReadTimeouts(in.timeouts(), checks), Timeouts{});
  settings.redis_away_policy =
      Known(RedisAwayPolicyOf(in.redis_away_policy()), "redis_away_policy", checks);
  checks.Require(CheckCacheTtlMs(in.cache_ttl_ms()), "cache_ttl_ms");
  if (in.cache_ttl_ms() > 0) settings.cache_ttl_ms = in.cache_ttl_ms();
  checks.Require(CheckDrainMs(in.drain_ms_max()), "drain_ms_max");
  checks.Require(CheckLimit(in.drain_nano_usd_max()), "drain_nano_usd_max");
  DisconnectPolicy& policy = settings.on_disconnect;
  policy.drain = in.on_disconnect() == v1::ON_DISCONNECT_DRAIN;
  if (in.drain_ms_max() > 0) policy.ms_max = in.drain_ms_max();
  policy.nano_usd_max = in.drain_nano_usd_max();
  settings.budgets_when_usage_away =
      Known(AwayPolicyOf(in.budgets_when_usage_away()), "budgets_when_usage_away", checks);
  settings.budget_output_tokens_default = in.budget_output_tokens_default();
  checks.Require(CheckLimit(settings.budget_output_tokens_default), "budget_output_tokens_default");
  settings.bodies = ReadBodyRules(in, checks);
  settings.console = ReadConsoleAccess(in.console(), checks);
  return Finish(checks, std::move(settings));
}

Timeouts FilledIn(const Timeouts& own, const Timeouts& defaults) {
  const auto or_else = [](std::int64_t value, std::int64_t instead) {
    return value == 0 ? instead : value;
  };
  return {or_else(own.connect_ms, defaults.connect_ms),
          or_else(own.first_byte_ms, defaults.first_byte_ms),
          or_else(own.idle_ms, defaults.idle_ms), or_else(own.total_ms, defaults.total_ms)};
}

}  // namespace weir::relay
