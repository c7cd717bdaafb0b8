// What a budget is: whose, for which time, of what. The enums are weir.v1's numbers and are stored
// as they are.
#pragma once

#include <compare>
#include <cstdint>

#include "absl/status/status.h"

#include "libs/common/utc_window.h"

namespace weir::usage {

enum class SubjectKind : std::int64_t { kKey = 1, kUser = 2, kGroup = 3, kAccount = 4 };
enum class Period : std::int64_t { kDay = 1, kMonth = 2, kTotal = 3 };  // UTC
enum class BudgetUnit : std::int64_t { kNanoUsd = 1, kRequests = 2 };

struct Subject {
  SubjectKind kind = SubjectKind::kKey;
  std::int64_t id = 0;

  auto operator<=>(const Subject&) const = default;
};

// One budget in one of its periods.
struct Budget {
  Subject subject = {};
  Period period = Period::kDay;
  BudgetUnit unit = BudgetUnit::kNanoUsd;
  std::int64_t window_unix_ms = 0;  // first moment of the UTC day or month; 0 for the lifetime

  auto operator<=>(const Budget&) const = default;
};

// The day, month or lifetime that holds `unix_ms`.
TimeSpan WindowOf(Period period, std::int64_t unix_ms);

// InvalidArgument: no subject, or a window that begins in the middle of one.
absl::Status CheckBudget(const Budget& budget);

}  // namespace weir::usage
