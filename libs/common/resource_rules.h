// What configured values may be, for both sides of a snapshot: admin stores only what passes here,
// relays refuse what does not. A rule of its own on one side would let one field stop all
// configuration, since a relay takes a revision whole or not at all.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace weir {

inline constexpr std::int64_t kPriorityMax = 1'000;
inline constexpr std::int64_t kWeightMax = 1'000;  // and 1 at least
inline constexpr std::int64_t kPriceMultiplierPpmMax = 1'000'000'000;
inline constexpr std::int64_t kTimeoutMsMax = 24LL * 3'600 * 1'000;

// C0 and DEL. A tab counts.
bool HasControl(std::string_view text);

// Each returns InvalidArgument with the end of a sentence ("must not be empty"), without the text.

// A name, or the head of names with `*` at its end; 1 to 200 bytes.
absl::Status CheckModelPattern(std::string_view text);
// A name without `*`.
absl::Status CheckModelName(std::string_view text);

// A header that an account may add: any case, none that frames the message or names its goal.
absl::Status CheckHeaderName(std::string_view name);
// At most 4096 bytes, of control characters only tabs.
absl::Status CheckHeaderValue(std::string_view value);

// A secret that travels in a header: UTF-8 without control characters. Empty is none.
absl::Status CheckCredential(std::string_view text);

// 0 = none.
absl::Status CheckLimit(std::int64_t value);
// 0 = the default.
absl::Status CheckTimeoutMs(std::int64_t value);
absl::Status CheckPriority(std::int64_t value);
absl::Status CheckWeight(std::int64_t value);
absl::Status CheckPriceMultiplierPpm(std::int64_t value);

}  // namespace weir
