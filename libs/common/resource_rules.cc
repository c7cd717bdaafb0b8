#include "libs/common/resource_rules.h"

#include <algorithm>
#include <iterator>
#include <string>

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
  const std::size_t star = text.find('*');
  return Unless(star == std::string_view::npos || star + 1 == text.size(),
                "may hold * only at its end");
}

absl::Status CheckModelName(std::string_view text) {
  if (absl::Status pattern = CheckModelPattern(text); !pattern.ok()) return pattern;
  return Unless(text.find('*') == std::string_view::npos, "must be a name without *");
}

absl::Status CheckHeaderName(std::string_view name) {
  if (!IsToken(name)) return absl::InvalidArgumentError("is no HTTP header's name");
  return Unless(!IsFraming(name), "belongs to the connection and must not be set");
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

absl::Status CheckPriority(std::int64_t value) {
  return Unless(value >= 0 && value <= kPriorityMax, "must be 0 to 1000");
}

absl::Status CheckWeight(std::int64_t value) {
  return Unless(value >= 1 && value <= kWeightMax, "must be 1 to 1000");
}

absl::Status CheckPriceMultiplierPpm(std::int64_t value) {
  return Unless(value >= 0 && value <= kPriceMultiplierPpmMax, "must be 0 to 1000");
}

}  // namespace weir
