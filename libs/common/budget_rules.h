// When a budget counts as spent. What admin shows and what relays answer follow the same rule.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir {

// Money, nano-USD: what is left would hardly pay for the smallest request, being less than a cent
// and less than a hundredth of the budget. `cap` 0 = there is none.
constexpr bool IsMoneySpent(std::int64_t cap, std::int64_t spent) {
  constexpr std::int64_t kCentNanoUsd = 10'000'000;
  constexpr std::int64_t kShare = 100;
  if (cap <= 0) return false;
  return spent >= cap || cap - spent < std::min(cap / kShare, kCentNanoUsd);
}

// Requests.
constexpr bool AreRequestsSpent(std::int64_t cap, std::int64_t spent) {
  return cap > 0 && spent >= cap;
}

}  // namespace weir
