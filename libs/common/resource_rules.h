// What configured values may be, for both sides of a snapshot: admin stores only what passes here,
// relays refuse what does not. A rule of its own on one side would let one field stop all
// configuration, since a relay takes a revision whole or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace weir {

inline constexpr std::int64_t kPriorityMax = 1'000;
inline constexpr std::int64_t kWeightMax = 1'000;  // and 1 at least
inline constexpr std::int64_t kPriceMultiplierPpmMax = 1'000'000'000;
inline constexpr std::int64_t kCacheTtlMsMax = 7LL * 24 * 3'600 * 1'000;
inline constexpr std::int64_t kDrainMsMax = 3'600 * 1'000;
inline constexpr std::int64_t kTimeoutMsMax = 24LL * 3'600 * 1'000;
inline constexpr std::int64_t kPositionMax = 1'000;
inline constexpr std::int64_t kAttemptsMax = 10;
inline constexpr std::int64_t kTemperatureMilliMax = 2'000;
inline constexpr std::int64_t kTokensMax = 100'000'000;
inline constexpr std::size_t kRouteRulesMax = 32;
inline constexpr std::size_t kFallbacksMax = 8;
inline constexpr std::int64_t kBodyBytesMin = 1'024;
inline constexpr std::int64_t kBodyBytesMax = 1 << 20;
inline constexpr std::size_t kPriceAliasesMax = 32;

// C0 and DEL. A tab counts.
bool HasControl(std::string_view text);

// Each returns InvalidArgument with the end of a sentence ("must not be empty"), without the text.

// What libs/common/model_pattern.h can read: a name, the head of names with `*` at its end, or
// `family:` and a word; 1 to 200 bytes.
absl::Status CheckModelPattern(std::string_view text);
// A name or a head: prices are too much a matter of the very model for families.
absl::Status CheckPricedModel(std::string_view text);
// Names alone, each once.
absl::Status CheckPriceAliases(const std::vector<std::string>& aliases);
// A name alone.
absl::Status CheckModelName(std::string_view text);

// A header that an account may add: any case, none that frames the message or names its goal.
absl::Status CheckHeaderName(std::string_view name);
absl::Status CheckCookieName(std::string_view name);
// At most 4096 bytes, of control characters only tabs.
absl::Status CheckHeaderValue(std::string_view value);

// A secret that travels in a header: UTF-8 without control characters. Empty is none.
absl::Status CheckCredential(std::string_view text);

// 0 = none.
absl::Status CheckLimit(std::int64_t value);
// 0 = the default.
absl::Status CheckTimeoutMs(std::int64_t value);
absl::Status CheckCacheTtlMs(std::int64_t value);
absl::Status CheckDrainMs(std::int64_t value);
// Of one recorded body; 0 = the default.
absl::Status CheckBodyBytes(std::int64_t value);
absl::Status CheckPriority(std::int64_t value);
absl::Status CheckWeight(std::int64_t value);
absl::Status CheckPriceMultiplierPpm(std::int64_t value);

// Of routes. 0 = not set, everywhere.
absl::Status CheckPosition(std::int64_t value);
absl::Status CheckAttemptsMax(std::int64_t value);
absl::Status CheckTemperatureMilli(std::int64_t value);
absl::Status CheckTokens(std::int64_t value);
// min <= standard <= max, each where it is set.
absl::Status CheckTokenClamp(std::int64_t min, std::int64_t standard, std::int64_t max);
// A rule for requests above and below: some size must be left.
absl::Status CheckTokenWindow(std::int64_t above, std::int64_t below);

}  // namespace weir
