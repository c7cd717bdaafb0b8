// How much to ask for. Pure arithmetic, in the budget's unit.
#pragma once

#include <cstdint>

#include "services/relay/budgets/lease_round.h"

namespace weir::relay {

// Of the requests that wait for a lease.
struct LeaseDemand {
  std::int64_t full_first = 0;  // what the first of them would like
  std::int64_t full_sum = 0;    // what all would like
  std::int64_t least_min = 0;   // what the most modest of them can do with
};

struct LeaseWish {
  std::int64_t least = 0;
  std::int64_t need = 0;
  std::int64_t want = 0;
};

// What is missing for those that wait and for `ready` to be there ahead of those to come.
LeaseWish WishOf(const LeaseDemand& demand, std::int64_t available, std::int64_t ready);

// What a request that needs `least` of a budget would meet now: `at_hand` could be taken at once,
// and `standing` is what usage says, with what is at hand among the held; null = it does not
// answer.
BudgetVerdict VerdictOf(std::int64_t least, std::int64_t cap, std::int64_t at_hand,
                        const BudgetStanding* standing);

// How much to keep ahead: twice a request's reservation at first; with each refill that follows
// another within a second so many times more that they would be a second apart.
std::int64_t NextReady(std::int64_t ready, std::int64_t request, std::int64_t since_refill_ns);

}  // namespace weir::relay
