// The sums that are kept beside the ledger: by quarter-hour for reports, by subject and day for
// budgets. Pure arithmetic; usage_ledger writes them in the transaction of the events they sum up.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/common/sql/database.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

inline constexpr std::int64_t kQuarterMs = 15 * 60 * 1000;
inline constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1000;

// What a budget is for; the numbers of weir.v1.SubjectKind, stored as they are.
enum class SubjectKind : std::int64_t { kKey = 1, kUser = 2, kGroup = 3, kAccount = 4 };

// Rows to add to a roll-up table: how they are told apart, and what is added.
struct RollupRows {
  std::string_view table;
  std::vector<std::string_view> keys;         // columns of the primary key
  std::vector<std::string_view> sums;         // columns to which the row's value is added
  std::vector<std::string_view> latests;      // columns of which the greater value stays
  std::vector<std::vector<sql::Value>> rows;  // keys, sums, latests, in that order
};

// One row for each quarter-hour, key, user, group, model and account among the events.
RollupRows QuarterRows(const std::vector<const UsageEvent*>& events);

// One row for each known key, user, group and account among the events, and day.
RollupRows DayRows(const std::vector<const UsageEvent*>& events);

}  // namespace weir::usage
