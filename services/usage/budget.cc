#include "services/usage/budget.h"

#include <limits>

namespace weir::usage {

TimeSpan WindowOf(Period period, std::int64_t unix_ms) {
  if (period == Period::kTotal) return {0, std::numeric_limits<std::int64_t>::max()};
  if (period == Period::kMonth) return MonthOf(unix_ms);
  return DayOf(unix_ms);
}

absl::Status CheckBudget(const Budget& budget) {
  constexpr std::int64_t kWindowMax = 10'000'000'000'000;  // the year 2286
  if (budget.subject.id <= 0) return absl::InvalidArgumentError("a budget needs a subject");
  const std::int64_t window = budget.window_unix_ms;
  if (window < 0 || window > kWindowMax ||
      WindowOf(budget.period, window).begin_unix_ms != window) {
    return absl::InvalidArgumentError("window_unix_ms must be the first moment of its period");
  }
  return absl::OkStatus();
}

}  // namespace weir::usage
