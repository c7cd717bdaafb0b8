// The limits that are budgets, which usage keeps count of: their windows, and amounts in their
// units.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <boost/json/object.hpp>

#include "libs/common/utc_window.h"
#include "services/admin/model/types.h"
#include "weir/v1/spend.pb.h"

namespace weir::admin {

struct BudgetRule {
  std::string_view name;
  std::int64_t Limits::*cap;
  weir::v1::Period period;
  weir::v1::BudgetUnit unit;
};
inline constexpr std::size_t kBudgetRules = 6;
extern const std::array<BudgetRule, kBudgetRules> kBudgets;

// That holds the moment; a lifetime begins at 0 and does not end.
TimeSpan WindowOf(weir::v1::Period period, std::int64_t now_ms);

// One budget of a question.
void AskFor(weir::v1::SubjectKind kind, std::int64_t id, const BudgetRule& rule,
            std::int64_t now_ms, weir::v1::PeekBudgetsRequest& question);

// In the budget's unit: USD as decimal text beside nano-USD, requests as they are.
void AddAmount(std::string_view name, weir::v1::BudgetUnit unit, std::int64_t amount,
               boost::json::object& object);
// All that AddAmount may write, for shapes.
void AddAmountShape(std::string_view name, boost::json::object& object);

}  // namespace weir::admin
