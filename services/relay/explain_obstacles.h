// Which limits and budgets would refuse a request now: asked of the same counters, in this relay,
// in Redis and at usage, that requests are admitted by. Takes nothing.
#pragma once

#include <functional>
#include <vector>

#include "services/relay/budget_need.h"
#include "services/relay/budgets/lease_desk.h"
#include "services/relay/limits/rate_limiter.h"
#include "services/relay/rate_stage.h"
#include "services/relay/shared_limits/shared_limiter.h"

namespace google::protobuf {
template <typename T>
class RepeatedPtrField;
}
namespace weir::v1 {
class ExplainedObstacle;
class Explanation;
}  // namespace weir::v1

namespace weir::relay {

// Whom to ask.
struct ObstacleSources {
  const RateLimiter& rates;
  LeaseDesk& leases;
  PeekBudgets peek_budgets;
  // Null: there is no Redis. False: it is away.
  std::function<bool(std::vector<SharedPeek>&)> peek_shared;
};

// Collects what is to be looked at, and then asks once for all of it. One per question.
class ObstacleFinder {
 public:
  using List = google::protobuf::RepeatedPtrField<v1::ExplainedObstacle>;

  // Both must outlive it.
  ObstacleFinder(const ObstacleSources& sources, const RequestContext& context)
      : sources_(sources), context_(context) {}

  // `out` gets what stands in the way, when Find is called.
  void AddRates(const RateNeed& need, List& out);
  void AddBudgets(const BudgetNeed& need, List& out);

  // Waits for Redis and usage, each with a deadline of its own. Fills in the lists, and in `answer`
  // who was asked.
  void Find(v1::Explanation& answer);

 private:
  struct BudgetLook {
    BudgetLine line;
    std::int64_t least = 0;  // in the budget's unit
    List* out = nullptr;
  };

  void FindRates(v1::Explanation& answer);
  void FindBudgets(v1::Explanation& answer);

  const ObstacleSources& sources_;
  const RequestContext& context_;
  std::vector<SharedPeek> rates_;
  std::vector<List*> rates_out_;  // in the order of rates_
  std::vector<BudgetLook> budgets_;
};

}  // namespace weir::relay
