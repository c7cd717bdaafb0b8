#include "services/relay/budgets/budget_key.h"

#include "libs/common/budget_rules.h"
#include "libs/common/utc_window.h"

namespace weir::relay {
namespace {

// The month changes rarely and takes a calendar to find.
std::int64_t MonthBegin(std::int64_t unix_ms) {
  thread_local TimeSpan month;
  if (!month.Holds(unix_ms)) month = MonthOf(unix_ms);
  return month.begin_unix_ms;
}

std::int64_t WindowBegin(BudgetPeriod period, std::int64_t unix_ms) {
  if (period == BudgetPeriod::kTotal) return 0;
  return period == BudgetPeriod::kDay ? unix_ms - unix_ms % kDayMs : MonthBegin(unix_ms);
}

struct Row {
  BudgetPeriod period;
  BudgetUnit unit;
  std::string_view name;
  std::int64_t Limits::*cap;
};

constexpr Row kRows[] = {
    {BudgetPeriod::kDay, BudgetUnit::kNanoUsd, "usd_per_day", &Limits::nano_usd_per_day},
    {BudgetPeriod::kMonth, BudgetUnit::kNanoUsd, "usd_per_month", &Limits::nano_usd_per_month},
    {BudgetPeriod::kTotal, BudgetUnit::kNanoUsd, "usd_total", &Limits::nano_usd_total},
    {BudgetPeriod::kDay, BudgetUnit::kRequests, "requests_per_day", &Limits::requests_per_day},
    {BudgetPeriod::kMonth, BudgetUnit::kRequests, "requests_per_month",
     &Limits::requests_per_month},
    {BudgetPeriod::kTotal, BudgetUnit::kRequests, "requests_total", &Limits::requests_total},
};

// A row's place is its slot.
const Row& RowOf(const BudgetKey& key) { return kRows[BudgetSlot(key)]; }

}  // namespace

std::int64_t ResetsAtUnixMs(const BudgetKey& key) {
  switch (key.period) {
    case BudgetPeriod::kDay:
      return key.window_unix_ms + kDayMs;
    case BudgetPeriod::kMonth:
      return MonthOf(key.window_unix_ms).end_unix_ms;
    case BudgetPeriod::kTotal:
      return 0;
  }
  return 0;
}

std::string_view BudgetName(const BudgetKey& key) { return RowOf(key).name; }

std::int64_t CapOf(const Limits& limits, const BudgetKey& key) { return limits.*RowOf(key).cap; }

bool IsExhausted(const BudgetLine& line, std::int64_t spent) {
  const BudgetKey& key = line.key;
  if (key.subject != SubjectKind::kKey || key.period != BudgetPeriod::kTotal) return false;
  return key.unit == BudgetUnit::kNanoUsd ? IsMoneySpent(line.cap, spent)
                                          : AreRequestsSpent(line.cap, spent);
}

void BudgetLines::Add(SubjectKind subject, std::int64_t subject_id, const Limits& limits,
                      std::int64_t at_unix_ms) {
  for (const Row& row : kRows) {
    const std::int64_t cap = limits.*row.cap;
    if (cap <= 0) continue;
    Push({subject_id, WindowBegin(row.period, at_unix_ms), subject, row.period, row.unit}, cap);
  }
}

}  // namespace weir::relay
