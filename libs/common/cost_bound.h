// The most that one request may cost, nano-USD: a million USD. Usage refuses an event beyond it, so
// that relays cut what they send; roll-ups add costs up in 64 bits.
#pragma once

#include <cstdint>

namespace weir {

inline constexpr std::int64_t kCostNanoUsdMax = 1'000'000'000'000'000;

}  // namespace weir
