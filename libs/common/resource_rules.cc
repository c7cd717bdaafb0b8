#include "libs/common/resource_rules.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "libs/common/model_pattern.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir {
namespace {

constexpr std::size_t kModelBytesMax = 200;
constexpr std::size_t kHeaderBytesMax = 4'096;
// Cookies of a session account are the longest there are.
constexpr std::size_t kCredentialBytesMax = 32 * 1'024;

absl::Status Unless(bool good, std::string_view what) {
  return good ? absl::OkStatus() : absl::InvalidArgumentError(std::string(what));
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// Those that frame the message or name its goal belong to the connection.
bool IsFraming(std::string_view name) {
  constexpr std::string_view kFraming[] = {
      "connection", "content-length",    "expect", "host", "keep-alive", "proxy-connection", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  return std::any_of(std::begin(kFraming), std::end(kFraming),
                     [name](std::string_view framing) { return EqualsIgnoreCase(name, framing); });
}

}  // namespace

bool HasControl(std::string_view text) { return std::any_of(text.begin(), text.end(), IsControl); }

absl::Status CheckModelPattern(std::string_view text) {
  if (text.empty() || text.size() > kModelBytesMax || HasControl(text)) {
    return absl::InvalidArgumentError("must be a model's name of 1 to 200 bytes");
  }
  if (text.starts_with(kFamilyPrefix)) {
    const std::string_view word = text.substr(kFamilyPrefix.size());
    const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
    return Unless(plain && !word.empty(), "must name the family by a word of a-z and 0-9");
  }
  const std::size_t star = text.find('*');
  return Unless(star == std::string_view::npos || star + 1 == text.size(),
                "may hold * only at its end");
}

absl::Status CheckPricedModel(std::string_view text) {
  if (absl::Status pattern = CheckModelPattern(text); !pattern.ok()) return pattern;
  return Unless(!text.starts_with(kFamilyPrefix), "must be a name, not a family");
}

absl::Status CheckPriceAliases(const std::vector<std::string>& aliases) {
  std::set<std::string_view> seen;
  for (const std::string& alias : aliases) {
    if (absl::Status name = CheckModelName(alias); !name.ok()) return name;
    if (!seen.insert(alias).second) return absl::InvalidArgumentError("must name each model once");
  }
  return Unless(aliases.size() <= kPriceAliasesMax, "must be at most 32 names");
}

absl::Status CheckModelName(std::string_view text) {
  if (absl::Status pattern = CheckPricedModel(text); !pattern.ok()) return pattern;
  return Unless(text.find('*') == std::string_view::npos, "must be a name without *");
}

absl::Status CheckHeaderName(std::string_view name) {
  if (!IsToken(name)) return absl::InvalidArgumentError("is no HTTP header's name");
  return Unless(!IsFraming(name), "belongs to the connection and must not be set");
}

absl::Status CheckCookieName(std::string_view name) {
  return Unless(IsToken(name), "is no cookie's name");
}

absl::Status CheckHeaderValue(std::string_view value) {
  const bool plain =
      std::none_of(value.begin(), value.end(), [](char c) { return IsControl(c) && c != '\t'; });
  return Unless(plain && value.size() <= kHeaderBytesMax,
                "must be at most 4096 bytes without control characters");
}

absl::Status CheckCredential(std::string_view text) {
  if (!IsValidUtf8(text)) return absl::InvalidArgumentError("is not UTF-8");
  if (text.size() > kCredentialBytesMax) {
    return absl::InvalidArgumentError("must be at most 32 KiB long");
  }
  return Unless(!HasControl(text), "must not hold control characters");
}

absl::Status CheckLimit(std::int64_t value) { return Unless(value >= 0, "must not be negative"); }

absl::Status CheckTimeoutMs(std::int64_t value) {
  return Unless(value >= 0 && value <= kTimeoutMsMax, "must be 0 to 86400000");
}

absl::Status CheckCacheTtlMs(std::int64_t value) {
  return Unless(value >= 0 && value <= kCacheTtlMsMax, "must be 0 to 604800000");
}

absl::Status CheckDrainMs(std::int64_t value) {
  return Unless(value >= 0 && value <= kDrainMsMax, "must be 0 to 3600000");
}

absl::Status CheckBodyBytes(std::int64_t value) {
  return Unless(value == 0 || (value >= kBodyBytesMin && value <= kBodyBytesMax),
                "must be 1024 to 1048576 (1 MiB)");
}

absl::Status CheckPriority(std::int64_t value) {
  return Unless(value >= 0 && value <= kPriorityMax, "must be 0 to 1000");
}

absl::Status CheckWeight(std::int64_t value) {
  return Unless(value >= 1 && value <= kWeightMax, "must be 1 to 1000");
}

absl::Status CheckPriceMultiplierPpm(std::int64_t value) {
  return Unless(value >= 0 && value <= kPriceMultiplierPpmMax, "must be 0 to 1000");
}

absl::Status CheckPosition(std::int64_t value) {
  return Unless(value >= 0 && value <= kPositionMax, "must be 0 to 1000");
}

absl::Status CheckAttemptsMax(std::int64_t value) {
  return Unless(value >= 0 && value <= kAttemptsMax, "must be 0 to 10");
}

absl::Status CheckTemperatureMilli(std::int64_t value) {
  return Unless(value >= 0 && value <= kTemperatureMilliMax, "must be 0 to 2");
}

absl::Status CheckTokens(std::int64_t value) {
  return Unless(value >= 0 && value <= kTokensMax, "must be 0 to 100000000");
}

absl::Status CheckTokenClamp(std::int64_t min, std::int64_t standard, std::int64_t max) {
  const std::int64_t most = max == 0 ? kTokensMax : max;
  const std::int64_t least = std::max(min, standard);
  return Unless(least <= most && (standard == 0 || min <= standard),
                "must be in the order min, default, max");
}

absl::Status CheckTokenWindow(std::int64_t above, std::int64_t below) {
  return Unless(below == 0 || above + 1 < below, "leave no size that is above and below");
}

}  // namespace weir
