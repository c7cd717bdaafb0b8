#include "services/admin/model/validate.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "libs/common/ip_block.h"
#include "libs/common/mask_pattern.h"
#include "libs/common/metadata_address.h"
#include "libs/common/proxy_url.h"
#include "libs/common/quirks.h"
#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/model/words.h"

namespace weir::admin {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kListEntriesMax = 1000;
constexpr std::size_t kPromptBytesMax = 64 * 1024;

// What a rule of libs/common has to say of a field.
void AddIfWrong(const absl::Status& status, std::string_view field, FieldErrors& errors) {
  if (!status.ok()) errors.Add(field, View(status.message()));
}

void CheckModels(const std::vector<std::string>& models, std::string_view field,
                 FieldErrors& errors) {
  if (models.size() > kListEntriesMax) errors.Add(field, "must have at most 1000 entries");
  for (const std::string& model : models) AddIfWrong(CheckModelPattern(model), field, errors);
}

void CheckFallbacks(const std::vector<std::string>& models, FieldErrors& errors) {
  if (models.size() > kFallbacksMax) errors.Add("fallbacks", "must have at most 8 entries");
  for (const std::string& model : models) AddIfWrong(CheckModelName(model), "fallbacks", errors);
}

void CheckMapping(const std::map<std::string, std::string>& mapping, FieldErrors& errors) {
  if (mapping.size() > kListEntriesMax) {
    errors.Add("model_mapping", "must have at most 1000 entries");
  }
  for (const auto& [requested, upstream] : mapping) {
    AddIfWrong(CheckModelPattern(requested), "model_mapping", errors);
    AddIfWrong(CheckModelName(upstream), "model_mapping", errors);
  }
}

// Free text may hold what it likes but NUL, which PostgreSQL has no place for.
void CheckText(std::string_view text, std::size_t bytes_max, std::string_view field,
               FieldErrors& errors) {
  if (text.size() > bytes_max) errors.Add(field, StrCat("must be at most ", bytes_max, " bytes"));
  if (text.find('\0') != std::string_view::npos) errors.Add(field, "must not hold a NUL");
}

void CheckAddresses(const std::vector<std::string>& blocks, FieldErrors& errors) {
  if (blocks.size() > kListEntriesMax) {
    errors.Add("allowed_ips", "must have at most 1000 entries");
  }
  for (const std::string& block : blocks) {
    if (!ParseIpBlock(block).ok()) errors.Add("allowed_ips", "must be IP addresses or CIDR blocks");
  }
}

// Empty is none.
void CheckEmail(std::string_view email, FieldErrors& errors) {
  const auto at = email.find('@');
  if (!email.empty() &&
      (at == std::string_view::npos || at == 0 || at + 1 == email.size() || email.size() > 254 ||
       HasControl(email) || email.find(' ') != std::string_view::npos)) {
    errors.Add("email", "must be an e-mail address");
  }
}

void CheckPrompt(std::string_view prompt, FieldErrors& errors) {
  CheckText(prompt, kPromptBytesMax, "system_prompt", errors);
}

void CheckLimits(const Limits& limits, FieldErrors& errors) {
  const std::array<std::pair<std::string_view, std::int64_t>, 9> values = {{
      {"limits.rpm", limits.requests_per_minute},
      {"limits.tpm", limits.tokens_per_minute},
      {"limits.concurrency", limits.concurrency},
      {"limits.requests_per_day", limits.requests_per_day},
      {"limits.requests_per_month", limits.requests_per_month},
      {"limits.requests_total", limits.requests_total},
      {"limits.usd_per_day", limits.nano_usd_per_day},
      {"limits.usd_per_month", limits.nano_usd_per_month},
      {"limits.usd_total", limits.nano_usd_total},
  }};
  for (const auto& [field, value] : values) {
    AddIfWrong(CheckLimit(value), field, errors);
  }
}

void CheckTimeouts(const Timeouts& timeouts, FieldErrors& errors) {
  const std::array<std::pair<std::string_view, std::int64_t>, 4> values = {{
      {"timeouts.connect_ms", timeouts.connect_ms},
      {"timeouts.first_byte_ms", timeouts.first_byte_ms},
      {"timeouts.idle_ms", timeouts.idle_ms},
      {"timeouts.total_ms", timeouts.total_ms},
  }};
  for (const auto& [field, value] : values) {
    AddIfWrong(CheckTimeoutMs(value), field, errors);
  }
}

// What would be a credential that can be read back.
bool IsCredentialHeader(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"};
  return std::find(kNames.begin(), kNames.end(), ToLower(name)) != kNames.end();
}

void CheckHeaders(const std::map<std::string, std::string>& headers, FieldErrors& errors) {
  if (headers.size() > 50) errors.Add("headers", "must have at most 50 entries");
  for (const auto& [name, value] : headers) {
    const absl::Status named = CheckHeaderName(name);
    const std::string field = HasControl(name) ? "headers" : StrCat("headers.", name.substr(0, 64));
    AddIfWrong(named, field, errors);
    if (IsCredentialHeader(name)) errors.Add(field, "is set by the relay; see secret_key");
    AddIfWrong(CheckHeaderValue(value), field, errors);
  }
}

void CheckQuirks(const Account& account, FieldErrors& errors) {
  if (account.quirks.size() > kQuirksMax) errors.Add("quirks", "must have at most 64 entries");
  for (const std::string& text : account.quirks) {
    const absl::StatusOr<QuirkSetting> said = ParseQuirk(text);
    AddIfWrong(
        said.ok() ? CheckQuirkPlatform(said->quirk, WordOf(PlatformAlike(account))) : said.status(),
        "quirks", errors);
  }
}

}  // namespace

bool IsMetadataHost(std::string_view host) {
  if (const auto address = ParseIpAddress(host)) return IsMetadataAddress(*address);
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string name = ToLower(host);
  return name == "metadata.google.internal" || name == "metadata";
}

void ValidateName(std::string_view name, std::string_view field, FieldErrors& errors) {
  if (StripSpace(name).empty()) {
    errors.Add(field, "must not be empty");
  } else if (name.size() > kNameBytesMax) {
    errors.Add(field, "must be at most 128 bytes long");
  } else if (HasControl(name)) {
    errors.Add(field, "must not hold control characters");
  }
}

void ValidateUpstreamUrl(std::string_view url, std::string_view field, FieldErrors& errors) {
  const absl::StatusOr<UpstreamUrl> parsed = ParseAccountUrl(url);
  AddIfWrong(parsed.status(), field, errors);
  if (parsed.ok() && IsMetadataHost(parsed->host)) {
    errors.Add(field, "must not be a link-local or metadata address");
  }
}

void ValidateProxyUrl(std::string_view url, std::string_view field, FieldErrors& errors) {
  if (url.empty()) return;
  const absl::StatusOr<ProxyUrl> parsed = ParseProxyUrl(url);
  AddIfWrong(parsed.status(), field, errors);
  if (parsed.ok() && IsMetadataHost(parsed->host)) {
    errors.Add(field, "must not be a link-local or metadata address");
  }
}

void ValidateCredential(std::string_view text, std::string_view field, FieldErrors& errors) {
  AddIfWrong(CheckCredential(text), field, errors);
}

void Validate(const User& user, FieldErrors& errors) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
           c == '@' || c == '+';
  };
  if (user.username.empty() || user.username.size() > kNameBytesMax ||
      !std::all_of(user.username.begin(), user.username.end(), allowed)) {
    errors.Add("username", "must be 1 to 128 of a-z, 0-9 and . _ - @ +");
  }
  if (user.name.size() > kNameBytesMax || HasControl(user.name)) {
    errors.Add("name", "must be at most 128 bytes long, without control characters");
  }
  CheckEmail(user.email, errors);
  if (user.group_id < 1) errors.Add("group_id", "must be a group's id");
  CheckAddresses(user.allowed_ips, errors);
  CheckLimits(user.limits, errors);
}

void Validate(const Group& group, FieldErrors& errors) {
  ValidateName(group.name, "name", errors);
  CheckText(group.remark, 2000, "remark", errors);
  AddIfWrong(CheckPriceMultiplierPpm(group.price_multiplier_ppm), "price_multiplier", errors);
  CheckMapping(group.model_mapping, errors);
  CheckFallbacks(group.fallbacks, errors);
  CheckPrompt(group.system_prompt, errors);
  CheckAddresses(group.allowed_ips, errors);
  CheckLimits(group.limits, errors);
  AddIfWrong(CheckCacheTtlMs(group.cache_ttl_ms), "cache_ttl_ms", errors);
}

void Validate(const ApiKey& key, FieldErrors& errors) {
  ValidateName(key.name, "name", errors);
  if (key.expires_at_ms < 0) errors.Add("expires_at", "must be after 1970");
  if (key.user_id < 1) errors.Add("user_id", "must be a user's id");
  if (key.group_id < 1) errors.Add("group_id", "must be a group's id");
  CheckModels(key.allowed_models, "allowed_models", errors);
  CheckAddresses(key.allowed_ips, errors);
  CheckPrompt(key.system_prompt, errors);
  CheckLimits(key.limits, errors);
}

void Validate(const Invite& invite, FieldErrors& errors) {
  if (invite.name.size() > kNameBytesMax || HasControl(invite.name)) {
    errors.Add("name", "must be at most 128 bytes long, without control characters");
  }
  CheckEmail(invite.email, errors);
  if (invite.group_id < 1) errors.Add("group_id", "must be a group's id");
}

void Validate(const Account& account, FieldErrors& errors) {
  ValidateName(account.name, "name", errors);
  ValidateUpstreamUrl(account.request_url, "request_url", errors);
  if (account.platform != Platform::kAzureOpenai &&
      account.request_url.find('?') != std::string::npos) {
    errors.Add("request_url", "must have no query; only azure_openai takes ?api-version=");
  }
  if (account.provider.size() > 64 || HasControl(account.provider)) {
    errors.Add("provider", "must be at most 64 bytes long");
  }
  AddIfWrong(CheckPriority(account.priority), "priority", errors);
  AddIfWrong(CheckWeight(account.weight), "weight", errors);
  if (account.group_ids.empty()) errors.Add("group_ids", "must name at least one group");
  if (account.group_ids.size() > kListEntriesMax) {
    errors.Add("group_ids", "must have at most 1000 entries");
  }
  CheckModels(account.models, "models", errors);
  CheckMapping(account.model_mapping, errors);
  CheckHeaders(account.headers, errors);
  CheckQuirks(account, errors);
  if (account.tier.size() > 64 || HasControl(account.tier)) {
    errors.Add("tier", "must be at most 64 bytes long, without control characters");
  }
  CheckTimeouts(account.timeouts, errors);
  CheckLimits(account.limits, errors);
  ValidateSession(account, errors);
  ValidateOauth(account, errors);
}

void ValidateOauth(const Account& account, FieldErrors& errors) {
  const OauthClient& client = account.oauth;
  if (client == OauthClient()) return;
  if (account.credential_type != CredentialType::kOauth) {
    errors.Add("oauth", "is for accounts of credential_type oauth");
    return;
  }
  ValidateUpstreamUrl(client.token_url, "oauth.token_url", errors);
  if (client.client_id.empty() || client.client_id.size() > 512 || HasControl(client.client_id)) {
    errors.Add("oauth.client_id", "must be 1 to 512 bytes, without control characters");
  }
  if (client.scopes.size() > 50) errors.Add("oauth.scopes", "must have at most 50 entries");
  for (const std::string& scope : client.scopes) {
    const bool is_word = std::all_of(scope.begin(), scope.end(), [](char c) {
      return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
    });
    if (scope.empty() || scope.size() > 512 || !is_word) {
      errors.Add("oauth.scopes", "must be words of 1 to 512 bytes, one scope each");
    }
  }
}

void Validate(const Price& price, FieldErrors& errors) {
  if (price.provider.size() > 64 || HasControl(price.provider)) {
    errors.Add("provider", "must be at most 64 bytes long");
  }
  AddIfWrong(CheckPricedModel(price.model), "model", errors);
  AddIfWrong(CheckPriceAliases(price.aliases), "aliases", errors);
  if (price.input_pico_usd < 0) errors.Add("input", "must not be negative");
  if (price.output_pico_usd < 0) errors.Add("output", "must not be negative");
  if (price.effective_from_ms < 0) errors.Add("effective_from", "must be after 1970");
  if (price.tier_above_input_tokens < 0) {
    errors.Add("tier_above_input_tokens", "must not be negative");
  }
  const bool has_tier_prices = price.tier_input_pico_usd >= 0 || price.tier_output_pico_usd >= 0 ||
                               price.tier_cache_read_pico_usd >= 0 ||
                               price.tier_cache_write_5m_pico_usd >= 0 ||
                               price.tier_cache_write_1h_pico_usd >= 0;
  if (price.tier_above_input_tokens == 0 && has_tier_prices) {
    errors.Add("tier_above_input_tokens", "is needed for the tier's prices");
  }
  if (price.max_output_tokens < 0) errors.Add("max_output_tokens", "must not be negative");
}

void Validate(const Settings& settings, FieldErrors& errors) {
  CheckPrompt(settings.system_prompt, errors);
  CheckTimeouts(settings.timeouts, errors);
  if (settings.redis_away_policy == RedisAwayPolicy::kDefault) {
    errors.Add("redis_away_policy", "must be one of local, open, closed; default is for groups");
  }
  AddIfWrong(CheckCacheTtlMs(settings.cache_ttl_ms), "cache_ttl_ms", errors);
  AddIfWrong(CheckDrainMs(settings.drain_ms_max), "drain_ms_max", errors);
  AddIfWrong(CheckLimit(settings.drain_nano_usd_max), "drain_usd_max", errors);
  AddIfWrong(CheckTokens(settings.budget_output_tokens_default), "budget_output_tokens_default",
             errors);
  ValidateOwnSettings(settings, errors);
  AddIfWrong(CheckBodyBytes(settings.body_bytes_max), "body_bytes_max", errors);
  if (settings.body_mask_patterns.size() > kMaskPatternsMax) {
    errors.Add("body_mask_patterns", StrCat("must have at most ", kMaskPatternsMax, " entries"));
  }
  for (std::size_t i = 0; i < settings.body_mask_patterns.size(); ++i) {
    AddIfWrong(CheckMaskPattern(settings.body_mask_patterns[i]),
               StrCat("body_mask_patterns[", i, "]"), errors);
  }
  ValidateTierModels(settings, errors);
}

}  // namespace weir::admin
