// The sums that are kept beside the ledger: by quarter-hour for reports, by subject and day for
// budgets. Pure arithmetic; usage_ledger writes them in the transaction of the events they sum up.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/common/sql/database.h"
#include "services/usage/budget.h"
#include "services/usage/rerating.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

inline constexpr std::int64_t kQuarterMs = 15 * 60 * 1000;

// Rows to add to a roll-up table: how they are told apart, and what is added.
struct RollupRows {
  std::string_view table;
  std::vector<std::string_view> keys;         // columns of the primary key
  std::vector<std::string_view> sums;         // columns to which the row's value is added
  std::vector<std::string_view> latests;      // columns of which the greater value stays
  std::vector<std::vector<sql::Value>> rows;  // keys, sums, latests, news, in that order
  std::vector<std::string_view> news = {};    // columns of which the new value stays
};

// One row for each quarter-hour, key, user, group, model and account among the events.
RollupRows QuarterRows(const std::vector<const UsageEvent*>& events);

// The same by UTC days, so that long ranges are few rows.
RollupRows DaySumRows(const std::vector<const UsageEvent*>& events);

// By quarter-hours again, but for one dimension at a time. What goes by all, a group, an account or
// a model alone reads rows that do not grow with the number of keys; what goes by some keys or
// users alone reads theirs, which lie together.
enum class SumPart : std::int64_t {
  kAll = 0,
  kKey = 1,
  kUser = 2,
  kGroup = 3,
  kAccount = 4,
  kModel = 5
};
// kAll, kGroup, kAccount, kModel.
RollupRows PartSumRows(const std::vector<const UsageEvent*>& events);
// kKey, kUser.
RollupRows SubjectSumRows(const std::vector<const UsageEvent*>& events);

// One row for each known key, user, group and account among the events, and day.
RollupRows DayRows(const std::vector<const UsageEvent*>& events);

// What corrections change of the five, in the order in which ingest writes them; without those that
// nothing changes in.
std::vector<RollupRows> CorrectionRows(const std::vector<CostChange>& changes);

}  // namespace weir::usage
