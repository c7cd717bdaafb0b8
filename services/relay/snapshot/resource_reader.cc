#include "services/relay/snapshot/resource_reader.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "libs/common/ip_block.h"
#include "libs/common/proxy_url.h"
#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

// Notes what is wrong first; the rest of the reading goes on and is thrown away.
class Checks {
 public:
  Checks(std::string_view kind, std::int64_t id) : kind_(kind), id_(id) {
    Require(id > 0, "id must be positive");
  }

  bool Require(bool good, std::string_view what) {
    if (!good && status_.ok()) {
      status_ = absl::InvalidArgumentError(StrCat(kind_, " ", id_, ": ", what));
    }
    return good;
  }
  bool Require(const absl::Status& status, std::string_view field) {
    return Require(status.ok(), status.ok() ? "" : StrCat(field, ": ", View(status.message())));
  }
  template <typename T>
  T Take(absl::StatusOr<T> value, std::string_view field) {
    if (value.ok()) return *std::move(value);
    Require(false, StrCat(field, ": ", View(value.status().message())));
    return T{};
  }
  const absl::Status& status() const { return status_; }

 private:
  std::string_view kind_;
  std::int64_t id_;
  absl::Status status_;
};

template <typename T>
absl::StatusOr<T> Finish(const Checks& checks, T value) {
  if (!checks.status().ok()) return checks.status();
  return value;
}

std::optional<Availability> AvailabilityOf(v1::Availability in) {
  switch (in) {
    case v1::AVAILABILITY_ACTIVE:
      return Availability::kActive;
    case v1::AVAILABILITY_DISABLED:
      return Availability::kDisabled;
    case v1::AVAILABILITY_EXHAUSTED:
      return Availability::kExhausted;
    default:
      return std::nullopt;
  }
}

std::optional<Platform> PlatformOf(v1::Platform in) {
  switch (in) {
    case v1::PLATFORM_CLAUDE:
      return Platform::kClaude;
    case v1::PLATFORM_CLAUDE_CONSOLE:
      return Platform::kClaudeConsole;
    case v1::PLATFORM_OPENAI:
      return Platform::kOpenAi;
    case v1::PLATFORM_OPENAI_RESPONSES:
      return Platform::kOpenAiResponses;
    case v1::PLATFORM_AZURE_OPENAI:
      return Platform::kAzureOpenAi;
    case v1::PLATFORM_OLLAMA:
      return Platform::kOllama;
    case v1::PLATFORM_GEMINI:
      return Platform::kGemini;
    case v1::PLATFORM_SESSION:
      return Platform::kSession;
    default:
      return std::nullopt;
  }
}

std::optional<CredentialType> CredentialTypeOf(v1::CredentialType in) {
  switch (in) {
    case v1::CREDENTIAL_TYPE_API_KEY:
      return CredentialType::kApiKey;
    case v1::CREDENTIAL_TYPE_BEARER:
      return CredentialType::kBearer;
    case v1::CREDENTIAL_TYPE_OAUTH:
      return CredentialType::kOauth;
    case v1::CREDENTIAL_TYPE_COOKIE:
      return CredentialType::kCookie;
    case v1::CREDENTIAL_TYPE_NONE:
      return CredentialType::kNone;
    default:
      return std::nullopt;
  }
}

std::optional<AccountStatus> AccountStatusOf(v1::AccountStatus in) {
  switch (in) {
    case v1::ACCOUNT_STATUS_NORMAL:
      return AccountStatus::kNormal;
    case v1::ACCOUNT_STATUS_RATE_LIMITED:
      return AccountStatus::kRateLimited;
    case v1::ACCOUNT_STATUS_API_EXCEPTION:
      return AccountStatus::kApiException;
    case v1::ACCOUNT_STATUS_ACCOUNT_EXCEPTION:
      return AccountStatus::kAccountException;
    case v1::ACCOUNT_STATUS_DISABLED:
      return AccountStatus::kDisabled;
    default:
      return std::nullopt;
  }
}

template <typename T>
T Known(std::optional<T> value, std::string_view field, Checks& checks) {
  checks.Require(value.has_value(), StrCat(field, " is not set or not known to this version"));
  return value.value_or(T{});
}

Limits ReadLimits(const v1::Limits& in, Checks& checks) {
  const Limits limits{in.requests_per_minute(), in.tokens_per_minute(), in.concurrency(),
                      in.requests_per_day(),    in.nano_usd_per_day(),  in.nano_usd_per_month(),
                      in.nano_usd_total()};
  for (const std::int64_t limit :
       {limits.requests_per_minute, limits.tokens_per_minute, limits.concurrency,
        limits.requests_per_day, limits.nano_usd_per_day, limits.nano_usd_per_month,
        limits.nano_usd_total}) {
    checks.Require(CheckLimit(limit), "limits");
  }
  return limits;
}

Timeouts ReadTimeouts(const v1::Timeouts& in, Checks& checks) {
  const Timeouts timeouts{in.connect_ms(), in.first_byte_ms(), in.idle_ms(), in.total_ms()};
  for (const std::int64_t timeout :
       {timeouts.connect_ms, timeouts.first_byte_ms, timeouts.idle_ms, timeouts.total_ms}) {
    checks.Require(CheckTimeoutMs(timeout), "timeouts");
  }
  return timeouts;
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

template <typename Map>
ModelMapping ReadMapping(const Map& in, Checks& checks) {
  ModelMapping mapping;
  for (const auto& [from, to] : in) {
    checks.Require(CheckModelPattern(from), "model_mapping");
    checks.Require(CheckModelName(to), "model_mapping");
    mapping.entries.emplace_back(ModelPattern(from), to);
  }
  std::sort(mapping.entries.begin(), mapping.entries.end(), [](const auto& a, const auto& b) {
    if (a.first.exact() != b.first.exact()) return a.first.exact();
    if (a.first.stem().size() != b.first.stem().size()) {
      return a.first.stem().size() > b.first.stem().size();
    }
    return a.first.stem() < b.first.stem();
  });
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
std::uint64_t ContentHash(const v1::Account& account) {
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
  key.allowed_ips.reserve(static_cast<std::size_t>(in.allowed_ips_size()));
  for (const std::string& text : in.allowed_ips()) {
    key.allowed_ips.push_back(checks.Take(ParseIpBlock(text), "allowed_ips"));
  }
  key.limits = ReadLimits(in.limits(), checks);
  key.system_prompt = in.system_prompt();
  key.cache = in.cache();
  return Finish(checks, std::move(key));
}

absl::StatusOr<User> ReadUser(const v1::User& in) {
  Checks checks("user", in.id());
  User user;
  user.id = in.id();
  user.username = in.username();
  user.availability = Known(AvailabilityOf(in.availability()), "availability", checks);
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
  for (const std::string& model : group.fallbacks) {
    checks.Require(CheckModelPattern(model), "fallbacks");
  }
  group.system_prompt = in.system_prompt();
  group.limits = ReadLimits(in.limits(), checks);
  return Finish(checks, std::move(group));
}

absl::StatusOr<Account> ReadAccount(const v1::Account& in) {
  Checks checks("account", in.id());
  Account account;
  account.id = in.id();
  account.name = in.name();
  account.platform = Known(PlatformOf(in.platform()), "platform", checks);
  account.provider = in.provider();
  account.url = checks.Take(ParseUpstreamUrl(in.request_url()), "request_url");
  account.credential_type =
      Known(CredentialTypeOf(in.credential_type()), "credential_type", checks);
  checks.Require(CheckCredential(in.credential()), "credential");
  account.credential = Secret(in.credential());
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
    StrAppend(account.url.pool_key, "#", in.id());
  }
  account.configured_timeouts = ReadTimeouts(in.timeouts(), checks);
  account.limits = ReadLimits(in.limits(), checks);
  account.headers = ReadHeaders(in.headers(), checks);
  account.status = Known(AccountStatusOf(in.status()), "status", checks);
  account.cooldown_until_unix_ms = in.cooldown_until_unix_ms();
  checks.Require(account.cooldown_until_unix_ms >= 0,
                 "cooldown_until_unix_ms must not be negative");
  account.content_hash = ContentHash(in);
  return Finish(checks, std::move(account));
}

absl::StatusOr<Price> ReadPrice(const v1::Price& in) {
  Checks checks("price", in.id());
  const auto or_else = [](std::int64_t value, std::int64_t instead) {
    return value < 0 ? instead : value;
  };
  Price price;
  price.id = in.id();
  price.provider = in.provider();
  checks.Require(CheckModelPattern(in.model()), "model");
  price.model = ModelPattern(in.model());
  price.effective_from_unix_ms = in.effective_from_unix_ms();
  checks.Require(price.effective_from_unix_ms >= 0, "effective_from_unix_ms must not be negative");
  checks.Require(in.input_pico_usd() >= 0, "input_pico_usd must not be negative");
  checks.Require(in.output_pico_usd() >= 0, "output_pico_usd must not be negative");
  checks.Require(in.tier_above_input_tokens() >= 0, "tier_above_input_tokens must not be negative");
  const std::int64_t input = in.input_pico_usd();
  price.prices = {input, in.output_pico_usd(), or_else(in.cache_read_pico_usd(), input),
                  or_else(in.cache_write_5m_pico_usd(), input),
                  or_else(in.cache_write_1h_pico_usd(), input)};
  price.tier_above_input_tokens = in.tier_above_input_tokens();
  if (price.tier_above_input_tokens > 0) {
    // The list has no tier for cache writes: theirs stay, or follow the tier's input.
    const std::int64_t tier_input = or_else(in.tier_input_pico_usd(), input);
    price.tier_prices = {tier_input, or_else(in.tier_output_pico_usd(), in.output_pico_usd()),
                         or_else(in.tier_cache_read_pico_usd(), tier_input),
                         or_else(in.cache_write_5m_pico_usd(), tier_input),
                         or_else(in.cache_write_1h_pico_usd(), tier_input)};
  }
  return Finish(checks, std::move(price));
}

absl::StatusOr<RelaySettings> ReadSettings(const v1::RelaySettings& in) {
  Checks checks("settings", 1);
  RelaySettings settings;
  settings.serve_unpriced_models = in.serve_unpriced_models();
  settings.system_prompt = in.system_prompt();
  settings.timeouts = FilledIn(ReadTimeouts(in.timeouts(), checks), Timeouts{});
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
