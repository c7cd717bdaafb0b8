#include "services/relay/budgets/lease_policy.h"

#include <algorithm>
#include <limits>

namespace weir::relay {
namespace {

constexpr std::int64_t kRequestsAhead = 2;
// More than a relay serves within kSoonNs; usage grants no more than a quarter of what is left.
constexpr std::int64_t kRequestsAheadMax = 16'384;
constexpr std::int64_t kSoonNs = 1'000'000'000;
// A refill that came much too soon calls for much more: requests wait until there is enough.
constexpr std::int64_t kGrowthMin = 2;
constexpr std::int64_t kGrowthMax = 16;
// No sum of a few of these overflows.
constexpr std::int64_t kAmountMax = std::numeric_limits<std::int64_t>::max() / 8;

}  // namespace

LeaseWish WishOf(const LeaseDemand& demand, std::int64_t available, std::int64_t ready) {
  const auto missing = [available](std::int64_t amount) {
    return std::max<std::int64_t>(std::min(amount, kAmountMax) - available, 0);
  };
  LeaseWish wish;
  wish.least = missing(demand.least_min);
  wish.need = std::max(wish.least, missing(demand.full_first));
  wish.want = std::max(
      wish.need, missing(std::min(demand.full_sum, kAmountMax) + std::min(ready, kAmountMax)));
  return wish;
}

BudgetVerdict VerdictOf(std::int64_t least, std::int64_t cap, std::int64_t at_hand,
                        const BudgetStanding* standing) {
  if (at_hand >= least) return BudgetVerdict::kReserved;
  if (standing == nullptr) return BudgetVerdict::kAway;
  const std::int64_t unspent = std::max<std::int64_t>(cap - standing->spent, 0);
  if (unspent < least) return BudgetVerdict::kExceeded;
  const std::int64_t left = std::max<std::int64_t>(unspent - standing->held, 0);
  return at_hand + left < least ? BudgetVerdict::kBusy : BudgetVerdict::kReserved;
}

std::int64_t NextReady(std::int64_t ready, std::int64_t request, std::int64_t since_refill_ns) {
  request = std::clamp<std::int64_t>(request, 1, kAmountMax / kRequestsAheadMax);
  std::int64_t next = ready;
  if (since_refill_ns < kSoonNs) {
    const std::int64_t too_soon = kSoonNs / std::max<std::int64_t>(since_refill_ns, 1);
    next = std::clamp(too_soon, kGrowthMin, kGrowthMax) * std::min(ready, kAmountMax / kGrowthMax);
  }
  return std::clamp(next, kRequestsAhead * request, kRequestsAheadMax * request);
}

}  // namespace weir::relay
