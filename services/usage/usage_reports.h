// Reports out of the roll-ups; raw rows are never read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"
#include "services/usage/report_sql.h"
#include "services/usage/series_spans.h"

namespace weir::usage {

// Rows of one summary at most.
inline constexpr std::int64_t kSummaryRowsMax = 10000;
inline constexpr std::int64_t kSeriesBucketsMax = 2000;
inline constexpr std::int64_t kSeriesTopMax = 50;

struct SummaryQuestion {
  EventFilter filter = {};  // times to the quarter-hour, and the lists of the dimensions
  std::vector<Dimension> by = {};
  ReportOrder order = ReportOrder::kCost;
  std::int64_t limit = kSummaryRowsMax;  // rows, 1 to kSummaryRowsMax
  bool rows_only = false;                // without totals, which are as dear again
};

// As the ledger was at one moment, so the rows never add up to more than the totals.
struct SummaryAnswer {
  std::vector<SummaryRow> rows;  // the greatest first
  SummaryRow totals;             // over all rows, also those beyond the limit
  bool truncated = false;        // there are more rows than the limit
};

struct SeriesQuestion {
  EventFilter filter = {};  // the lists of the dimensions alone
  // Bucket i is from edge i to before edge i + 1. Each is cut down to its quarter-hour; ascending
  // after that.
  std::vector<std::int64_t> edges_unix_ms = {};
  std::optional<Dimension> by = {};
  ReportOrder order = ReportOrder::kCost;
  std::int64_t top = 10;  // 1 to kSeriesTopMax
};

struct SeriesRow {
  std::int64_t bucket = 0;
  SummaryRow sums;
};

// Buckets in which nothing happened have no row.
struct SeriesAnswer {
  std::vector<SeriesRow> totals;
  std::vector<SummaryRow> top;  // over all buckets, the greatest first
  std::vector<SeriesRow> rows;  // of those in `top` alone
};

// Adds the sums of all buckets of `spans` that are not empty to `rows`; of `filter` the lists of
// the dimensions count.
absl::Status AddSpanTotals(sql::Transaction& transaction, const std::vector<SeriesSpan>& spans,
                           const EventFilter& filter, std::vector<SeriesRow>& rows);

// Thread-safe. Errors: InvalidArgument for a question that makes no sense, and those of
// Database::Read.
class UsageReports {
 public:
  // `database` must outlive it.
  explicit UsageReports(sql::Database& database) : database_(database) {}

  absl::StatusOr<SummaryAnswer> Summarize(const SummaryQuestion& question);
  absl::StatusOr<SeriesAnswer> Series(const SeriesQuestion& question);

 private:
  sql::Database& database_;
};

}  // namespace weir::usage
