// Money without floats. USD amounts are nano-USD (10^-9) in int64, prices pico-USD (10^-12) per
// token, multipliers parts per million; decimal text is for people and files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

// "3", "0.25" USD per million tokens -> pico-USD per token (3000000, 250000). InvalidArgument when
// it is not a plain non-negative decimal, has more digits than a pico-USD can hold, or overflows.
absl::StatusOr<std::int64_t> ParseUsdPerMillion(std::string_view decimal);
std::string FormatUsdPerMillion(std::int64_t pico_usd_per_token);

// "12.5" USD -> nano-USD. The same errors.
absl::StatusOr<std::int64_t> ParseUsd(std::string_view decimal);
// All digits that matter and at least two: "0.00", "1.50", "0.000000125". Negative amounts too.
std::string FormatUsd(std::int64_t nano_usd);

// "1.25" -> 1250000 parts per million. The same errors.
absl::StatusOr<std::int64_t> ParsePpm(std::string_view decimal);
std::string FormatPpm(std::int64_t ppm);

}  // namespace weir
