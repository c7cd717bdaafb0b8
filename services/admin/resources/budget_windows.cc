#include "services/admin/resources/budget_windows.h"

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "services/admin/json/describe.h"

namespace weir::admin {

namespace v1 = weir::v1;

const std::array<BudgetRule, kBudgetRules> kBudgets = {{
    {"usd_per_day", &Limits::nano_usd_per_day, v1::PERIOD_DAY, v1::BUDGET_UNIT_NANO_USD},
    {"usd_per_month", &Limits::nano_usd_per_month, v1::PERIOD_MONTH, v1::BUDGET_UNIT_NANO_USD},
    {"usd_total", &Limits::nano_usd_total, v1::PERIOD_TOTAL, v1::BUDGET_UNIT_NANO_USD},
    {"requests_per_day", &Limits::requests_per_day, v1::PERIOD_DAY, v1::BUDGET_UNIT_REQUESTS},
    {"requests_per_month", &Limits::requests_per_month, v1::PERIOD_MONTH, v1::BUDGET_UNIT_REQUESTS},
    {"requests_total", &Limits::requests_total, v1::PERIOD_TOTAL, v1::BUDGET_UNIT_REQUESTS},
}};

TimeSpan WindowOf(v1::Period period, std::int64_t now_ms) {
  if (period == v1::PERIOD_DAY) return DayOf(now_ms);
  if (period == v1::PERIOD_MONTH) return MonthOf(now_ms);
  return {};
}

void AskFor(v1::SubjectKind kind, std::int64_t id, const BudgetRule& rule, std::int64_t now_ms,
            v1::PeekBudgetsRequest& question) {
  v1::Budget& budget = *question.add_budgets();
  budget.mutable_subject()->set_kind(kind);
  budget.mutable_subject()->set_id(id);
  budget.set_period(rule.period);
  budget.set_unit(rule.unit);
  budget.set_window_unix_ms(WindowOf(rule.period, now_ms).begin_unix_ms);
}

void AddAmount(std::string_view name, v1::BudgetUnit unit, std::int64_t amount,
               boost::json::object& object) {
  if (unit == v1::BUDGET_UNIT_REQUESTS) {
    object[name] = amount;
    return;
  }
  object[StrCat(name, "_nano_usd")] = amount;
  object[StrCat(name, "_usd")] = FormatUsd(amount);
}

void AddAmountShape(std::string_view name, boost::json::object& object) {
  object[name] = MaybeAbsent(0);
  object[StrCat(name, "_nano_usd")] = MaybeAbsent(0);
  object[StrCat(name, "_usd")] = MaybeAbsent("");
}

}  // namespace weir::admin
