#include "services/relay/accounts/retry_budget.h"

#include <algorithm>

namespace weir::relay {
namespace {

constexpr std::int64_t kWhole = 1'000;  // thousandths in a retry
constexpr std::int64_t kFloorHeldMs = 10'000;
constexpr std::int64_t kMilliPerPercent = 10;

}  // namespace

RetryBudget::RetryBudget(std::int64_t percent, std::int64_t floor_per_s, std::int64_t now_ms)
    : per_request_milli_(percent * kMilliPerPercent),
      per_ms_milli_(floor_per_s),
      floor_most_milli_(floor_per_s * kFloorHeldMs),
      share_most_milli_(percent * kMilliPerPercent * kRequestsHeld),
      floor_milli_(floor_most_milli_),
      filled_at_ms_(now_ms) {}

void RetryBudget::NoteRequest() {
  share_milli_ = std::min(share_milli_ + per_request_milli_, share_most_milli_);
}

bool RetryBudget::Take(std::int64_t now_ms) {
  const std::int64_t passed_ms = std::clamp<std::int64_t>(now_ms - filled_at_ms_, 0, kFloorHeldMs);
  floor_milli_ = std::min(floor_milli_ + passed_ms * per_ms_milli_, floor_most_milli_);
  filled_at_ms_ = now_ms;
  // The share first: the floor is for when there is little traffic.
  std::int64_t& from = share_milli_ >= kWhole ? share_milli_ : floor_milli_;
  if (from < kWhole) return false;
  from -= kWhole;
  return true;
}

void RetryBudget::GiveBack() {
  share_milli_ = std::min(share_milli_ + kWhole, std::max(share_most_milli_, kWhole));
}

}  // namespace weir::relay
