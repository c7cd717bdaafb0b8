#include "services/relay/tracing/trace_policy.h"

#include <algorithm>
#include <cassert>

#include "libs/common/cost.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kAll = "*";
constexpr std::string_view kBelow = "*.";

bool Matches(std::string_view pattern, std::string_view host) {
  if (pattern == kAll) return true;
  if (!pattern.starts_with(kBelow)) return EqualsIgnoreCase(pattern, host);
  const std::string_view tail = pattern.substr(1);  // with its dot
  return host.size() > tail.size() &&
         EqualsIgnoreCase(host.substr(host.size() - tail.size()), tail);
}

// An IPv6 address stands without brackets, as in no URL, so that its colons are no port's.
bool IsHost(std::string_view pattern) {
  if (pattern == kAll) return true;
  if (pattern.starts_with(kBelow)) pattern.remove_prefix(kBelow.size());
  const bool is_address = std::count(pattern.begin(), pattern.end(), ':') > 1;
  const std::string_view refused = is_address ? "/*[] \t@" : "/*[] \t@:";
  return !pattern.empty() && pattern.find_first_of(refused) == std::string_view::npos;
}

}  // namespace

absl::StatusOr<HostList> HostList::Parse(std::string_view text) {
  HostList list;
  for (const std::string_view piece : Split(text, ',')) {
    const std::string_view host = StripSpace(piece);
    if (!IsHost(host)) {
      return absl::InvalidArgumentError(
          StrCat("'", host, "' is no host; name it as gpu.internal, *.internal, 10.0.0.7 or *"));
    }
    list.hosts_.emplace_back(host);
  }
  return list;
}

bool HostList::Has(std::string_view host) const {
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [host](const std::string& pattern) { return Matches(pattern, host); });
}

// By the last seven bytes, which W3C wants to be random in a trace's id and which are so in a
// UUIDv7: those above a threshold are taken, as OpenTelemetry's samplers do. Four of them suffice.
bool IsSampled(std::string_view id, std::int64_t share_ppm) {
  assert(id.size() == 16);
  constexpr std::size_t kRandomAt = 9;
  std::uint64_t random = 0;
  for (std::size_t i = kRandomAt; i < kRandomAt + 4; ++i) {
    random = random << 8 | static_cast<std::uint8_t>(id[i]);
  }
  const auto left_out_ppm = static_cast<std::uint64_t>(kPpmOne - std::min(share_ppm, kPpmOne));
  return random * kPpmOne >= left_out_ppm << 32;
}

}  // namespace weir::relay
