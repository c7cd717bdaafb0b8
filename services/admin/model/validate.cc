#include "services/admin/model/validate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "libs/common/text.h"
#include "services/admin/model/provider.h"

namespace weir::admin {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kModelBytesMax = 200;
constexpr std::size_t kListEntriesMax = 1000;
constexpr std::size_t kPromptBytesMax = 64 * 1024;
constexpr std::int64_t kTimeoutMsMax = 24LL * 3600 * 1000;

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

void CheckName(std::string_view name, std::string_view field, FieldErrors& errors) {
  if (StripSpace(name).empty()) {
    errors.Add(field, "must not be empty");
  } else if (name.size() > kNameBytesMax) {
    errors.Add(field, "must be at most 128 bytes long");
  } else if (HasControl(name)) {
    errors.Add(field, "must not hold control characters");
  }
}

void CheckModel(std::string_view model, std::string_view field, FieldErrors& errors) {
  const auto star = model.find('*');
  if (model.empty() || model.size() > kModelBytesMax || HasControl(model)) {
    errors.Add(field, "must be a model's name of 1 to 200 bytes");
  } else if (star != std::string_view::npos && star + 1 != model.size()) {
    errors.Add(field, "may hold * only at its end");
  }
}

void CheckModels(const std::vector<std::string>& models, std::string_view field,
                 FieldErrors& errors) {
  if (models.size() > kListEntriesMax) errors.Add(field, "must have at most 1000 entries");
  for (const std::string& model : models) CheckModel(model, field, errors);
}

void CheckMapping(const std::map<std::string, std::string>& mapping, FieldErrors& errors) {
  if (mapping.size() > kListEntriesMax) {
    errors.Add("model_mapping", "must have at most 1000 entries");
  }
  for (const auto& [requested, upstream] : mapping) {
    CheckModel(requested, "model_mapping", errors);
    CheckModel(upstream, "model_mapping", errors);
    if (upstream.find('*') != std::string::npos) {
      errors.Add("model_mapping", "must map to a name without *");
    }
  }
}

void CheckPrompt(std::string_view prompt, FieldErrors& errors) {
  if (prompt.size() > kPromptBytesMax) errors.Add("system_prompt", "must be at most 64 KiB long");
}

void CheckLimits(const Limits& limits, FieldErrors& errors) {
  const std::array<std::pair<std::string_view, std::int64_t>, 7> values = {{
      {"limits.rpm", limits.requests_per_minute},
      {"limits.tpm", limits.tokens_per_minute},
      {"limits.concurrency", limits.concurrency},
      {"limits.requests_per_day", limits.requests_per_day},
      {"limits.usd_per_day", limits.nano_usd_per_day},
      {"limits.usd_per_month", limits.nano_usd_per_month},
      {"limits.usd_total", limits.nano_usd_total},
  }};
  for (const auto& [field, value] : values) {
    if (value < 0) errors.Add(field, "must not be negative");
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
    if (value < 0 || value > kTimeoutMsMax) errors.Add(field, "must be 0 to 86400000");
  }
}

bool IsIpOrBlock(const std::string& text) {
  const auto slash = text.find('/');
  const std::string address = text.substr(0, slash);
  std::array<unsigned char, 16> bytes;
  int bits = 0;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) bits = 32;
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) bits = 128;
  if (bits == 0) return false;
  if (slash == std::string::npos) return true;
  int length = 0;
  return ParseInteger(std::string_view(text).substr(slash + 1), length) && length >= 0 &&
         length <= bits;
}

bool IsHeaderName(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || kOthers.find(c) != std::string_view::npos;
  });
}

// What the relay sets itself, or what would be a credential that can be read back.
bool IsReservedHeader(std::string_view name) {
  constexpr std::array<std::string_view, 11> kReserved = {
      "authorization", "x-api-key",         "api-key", "x-goog-api-key", "cookie", "host",
      "connection",    "transfer-encoding", "te",      "content-length", "upgrade"};
  const std::string lower = ToLower(name);
  return std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end();
}

void CheckHeaders(const std::map<std::string, std::string>& headers, FieldErrors& errors) {
  if (headers.size() > 50) errors.Add("headers", "must have at most 50 entries");
  for (const auto& [name, value] : headers) {
    const std::string field = StrCat("headers.", name.substr(0, 64));
    if (!IsHeaderName(name)) errors.Add("headers", "holds a name that is no HTTP header's");
    if (IsReservedHeader(name)) errors.Add(field, "is set by the relay; see secret_key");
    if (HasControl(value) || value.size() > 4096) {
      errors.Add(field, "must be at most 4096 bytes without control characters");
    }
  }
}

bool IsMetadataHost(const std::string& host) {
  return host == "169.254.169.254" || host.starts_with("169.254.") ||
         host == "metadata.google.internal" || host == "metadata" || host.starts_with("[fe80") ||
         host == "[fd00:ec2::254]" || host == "100.100.100.200";
}

bool HasValidPort(std::string_view url) {
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']')) return true;
  int port = 0;
  return ParseInteger(authority.substr(colon + 1), port) && port >= 1 && port <= 65535;
}

}  // namespace

void ValidatePassword(std::string_view password, std::string_view field, FieldErrors& errors) {
  if (password.size() < 8 || password.size() > 256) {
    errors.Add(field, "must be 8 to 256 bytes long");
  }
}

void ValidateUpstreamUrl(std::string_view url, std::string_view field, FieldErrors& errors) {
  const bool scheme = url.starts_with("https://") || url.starts_with("http://");
  const std::string host = HostOf(url);
  const std::string_view authority = scheme ? url.substr(url.find("://") + 3) : "";
  if (!scheme || host.empty() || url.size() > 2000 || HasControl(url) ||
      url.find(' ') != std::string_view::npos) {
    errors.Add(field, "must be an http or https URL with a host");
  } else if (authority.substr(0, authority.find('/')).find('@') != std::string_view::npos) {
    errors.Add(field, "must not hold a user or password; see secret_key");
  } else if (url.find_first_of("?#") != std::string_view::npos) {
    errors.Add(field, "must not hold a query or fragment");
  } else if (!HasValidPort(url)) {
    errors.Add(field, "has a port that is not 1 to 65535");
  } else if (IsMetadataHost(host)) {
    errors.Add(field, "must not be a link-local or metadata address");
  }
}

void ValidateProxyUrl(std::string_view url, std::string_view field, FieldErrors& errors) {
  if (url.empty()) return;
  const bool scheme = url.starts_with("http://") || url.starts_with("https://") ||
                      url.starts_with("socks5://") || url.starts_with("socks5h://");
  if (!scheme || HostOf(url).empty() || HasControl(url) || url.size() > 2000 ||
      url.find(' ') != std::string_view::npos) {
    errors.Add(field, "must be a http, https, socks5 or socks5h URL with a host");
  }
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
  const auto at = user.email.find('@');
  if (!user.email.empty() && (at == std::string::npos || at == 0 || at + 1 == user.email.size() ||
                              user.email.size() > 254 || HasControl(user.email) ||
                              user.email.find(' ') != std::string::npos)) {
    errors.Add("email", "must be an e-mail address");
  }
  if (user.group_id < 1) errors.Add("group_id", "must be a group's id");
  CheckLimits(user.limits, errors);
}

void Validate(const Group& group, FieldErrors& errors) {
  CheckName(group.name, "name", errors);
  if (group.remark.size() > 2000) errors.Add("remark", "must be at most 2000 bytes long");
  if (group.price_multiplier_ppm < 0 || group.price_multiplier_ppm > 1'000'000'000) {
    errors.Add("price_multiplier", "must be 0 to 1000");
  }
  CheckMapping(group.model_mapping, errors);
  CheckModels(group.fallbacks, "fallbacks", errors);
  CheckPrompt(group.system_prompt, errors);
  CheckLimits(group.limits, errors);
}

void Validate(const ApiKey& key, FieldErrors& errors) {
  CheckName(key.name, "name", errors);
  if (key.user_id < 1) errors.Add("user_id", "must be a user's id");
  if (key.group_id < 1) errors.Add("group_id", "must be a group's id");
  CheckModels(key.allowed_models, "allowed_models", errors);
  if (key.allowed_ips.size() > kListEntriesMax) {
    errors.Add("allowed_ips", "must have at most 1000 entries");
  }
  for (const std::string& block : key.allowed_ips) {
    if (!IsIpOrBlock(block)) errors.Add("allowed_ips", "must be IP addresses or CIDR blocks");
  }
  CheckPrompt(key.system_prompt, errors);
  CheckLimits(key.limits, errors);
}

void Validate(const Account& account, FieldErrors& errors) {
  CheckName(account.name, "name", errors);
  ValidateUpstreamUrl(account.request_url, "request_url", errors);
  if (account.provider.size() > 64 || HasControl(account.provider)) {
    errors.Add("provider", "must be at most 64 bytes long");
  }
  if (account.priority < 0 || account.priority > 1000) {
    errors.Add("priority", "must be 0 to 1000");
  }
  if (account.weight < 1 || account.weight > 1000) errors.Add("weight", "must be 1 to 1000");
  if (account.group_ids.empty()) errors.Add("group_ids", "must name at least one group");
  if (account.group_ids.size() > kListEntriesMax) {
    errors.Add("group_ids", "must have at most 1000 entries");
  }
  CheckModels(account.models, "models", errors);
  CheckMapping(account.model_mapping, errors);
  CheckHeaders(account.headers, errors);
  if (account.tier.size() > 64) errors.Add("tier", "must be at most 64 bytes long");
  CheckTimeouts(account.timeouts, errors);
  CheckLimits(account.limits, errors);
}

void Validate(const Price& price, FieldErrors& errors) {
  if (price.provider.size() > 64 || HasControl(price.provider)) {
    errors.Add("provider", "must be at most 64 bytes long");
  }
  CheckModel(price.model, "model", errors);
  if (price.input_pico_usd < 0) errors.Add("input", "must not be negative");
  if (price.output_pico_usd < 0) errors.Add("output", "must not be negative");
  if (price.effective_from_ms < 0) errors.Add("effective_from", "must be after 1970");
  if (price.tier_above_input_tokens < 0) {
    errors.Add("tier_above_input_tokens", "must not be negative");
  }
  const bool has_tier_prices = price.tier_input_pico_usd >= 0 || price.tier_output_pico_usd >= 0 ||
                               price.tier_cache_read_pico_usd >= 0;
  if (price.tier_above_input_tokens == 0 && has_tier_prices) {
    errors.Add("tier_above_input_tokens", "is needed for the tier's prices");
  }
}

void Validate(const Settings& settings, FieldErrors& errors) {
  CheckPrompt(settings.system_prompt, errors);
  CheckTimeouts(settings.timeouts, errors);
}

}  // namespace weir::admin
