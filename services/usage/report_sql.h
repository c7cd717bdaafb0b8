// How reports read usage_quarters: the dimensions they go by, the sums they make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/cost.h"
#include "libs/common/sql/database.h"

namespace weir::usage {

enum class Dimension { kModel, kKey, kUser, kGroup, kAccount };

// What the rows of a report are ordered by, the greatest first.
enum class ReportOrder { kCost, kTokens, kRequests };

// Sums over some quarter-hours. The dimensions that were not asked for stay 0 and "".
struct SummaryRow {
  std::string model;
  std::int64_t key_id = 0;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  std::int64_t account_id = 0;
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t estimated_requests = 0;
  std::int64_t cache_hits = 0;
  TokenCounts tokens;
  std::int64_t cost_nano_usd = 0;
};

// "model, key_id"; empty for no dimension.
std::string DimensionColumns(const std::vector<Dimension>& by);

// The sums as a SELECT list, in the order of ReadSums; over no rows each is 0.
const std::string& SumColumns();

// "cost" and the like: names a sum of SumColumns, for ORDER BY.
std::string_view OrderColumn(ReportOrder order);

// Read what the two lists above select, from `column` on, which moves behind it.
void ReadDimensions(const sql::Row& row, const std::vector<Dimension>& by, std::size_t& column,
                    SummaryRow& summary);
void ReadSums(const sql::Row& row, std::size_t& column, SummaryRow& summary);

}  // namespace weir::usage
