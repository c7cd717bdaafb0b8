// Budgets of money that come near their end, a part of them at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/alerts/alert_findings.h"
#include "services/admin/store/store.h"

namespace weir::v1 {
class PeekBudgetsRequest;
class PeekBudgetsResponse;
}  // namespace weir::v1

namespace weir::admin {

// One standing for each budget asked for.
using PeekBudgets = std::function<absl::Status(const weir::v1::PeekBudgetsRequest&,
                                               weir::v1::PeekBudgetsResponse&)>;

// For one thread at a time.
class BudgetWatch {
 public:
  // Both must outlive this.
  BudgetWatch(Store& store, PeekBudgets peek) : store_(store), peek_(std::move(peek)) {}

  // Looks at the budgets of keys, users and groups, going round: at most so many ids at a call, the
  // rest at the next ones. Whose budget is gone, or who is, is over after a round.
  static constexpr std::int64_t kIdsAtOnce = 2'000;  // in one question to the database
  static constexpr std::int64_t kQuestionsMax = 100;
  absl::Status LookOn(const std::function<bool()>& gone);

 private:
  struct Place {
    std::size_t kind = 0;
    std::int64_t after_id = 0;
    std::int64_t round_began_ms = 0;
  };
  // Moves `place_` on.
  absl::Status LookAtSome();
  absl::Status EndRound();

  Store& store_;
  const PeekBudgets peek_;
  Place place_;
};

}  // namespace weir::admin
