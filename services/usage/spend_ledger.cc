#include "services/usage/spend_ledger.h"

#include <string_view>

namespace weir::usage {

using sql::Result;
using sql::Transaction;

// usage_days has one row a day, so that even a lifetime is a sum over few rows.
absl::StatusOr<std::int64_t> ReadSpent(Transaction& transaction, const Budget& budget) {
  constexpr std::string_view kCost =
      "SELECT CAST(COALESCE(SUM(cost_nano_usd), 0) AS BIGINT) FROM usage_days "
      "WHERE subject_kind = $1 AND subject_id = $2 AND day_unix_ms >= $3 AND day_unix_ms < $4";
  constexpr std::string_view kRequests =
      "SELECT CAST(COALESCE(SUM(used_requests), 0) AS BIGINT) FROM usage_days "
      "WHERE subject_kind = $1 AND subject_id = $2 AND day_unix_ms >= $3 AND day_unix_ms < $4";
  const TimeSpan window = WindowOf(budget.period, budget.window_unix_ms);
  absl::StatusOr<Result> result =
      transaction.Execute(budget.unit == BudgetUnit::kRequests ? kRequests : kCost,
                          {static_cast<std::int64_t>(budget.subject.kind), budget.subject.id,
                           window.begin_unix_ms, window.end_unix_ms});
  if (!result.ok()) return result.status();
  return result->rows.at(0).Int(0);
}

absl::StatusOr<Spend> SpendLedger::GetSpend(const Subject& subject, std::int64_t at_unix_ms) {
  if (subject.id <= 0) return absl::InvalidArgumentError("spend needs a subject");
  if (at_unix_ms < 0) return absl::InvalidArgumentError("at_unix_ms must not be negative");
  if (at_unix_ms == 0) at_unix_ms = clock_.NowUnixMs();
  Spend spend;
  const struct {
    Period period;
    BudgetUnit unit;
    std::int64_t* sum;
  } sums[] = {{Period::kDay, BudgetUnit::kNanoUsd, &spend.day_nano_usd},
              {Period::kMonth, BudgetUnit::kNanoUsd, &spend.month_nano_usd},
              {Period::kTotal, BudgetUnit::kNanoUsd, &spend.total_nano_usd},
              {Period::kDay, BudgetUnit::kRequests, &spend.day_requests},
              {Period::kMonth, BudgetUnit::kRequests, &spend.month_requests},
              {Period::kTotal, BudgetUnit::kRequests, &spend.total_requests}};
  absl::Status status = database_.Read([&](Transaction& transaction) {
    for (const auto& [period, unit, sum] : sums) {
      absl::StatusOr<std::int64_t> spent = ReadSpent(
          transaction, {subject, period, unit, WindowOf(period, at_unix_ms).begin_unix_ms});
      if (!spent.ok()) return spent.status();
      *sum = *spent;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return spend;
}

}  // namespace weir::usage
