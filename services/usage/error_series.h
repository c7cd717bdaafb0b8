// What failed, by the word of its error and over time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"

namespace weir::usage {

// Up to so many rows are looked at one by one; beyond it tallies answer where they can.
inline constexpr std::int64_t kErrorRowsMax = 20'000;
inline constexpr std::int64_t kErrorClassesTopMax = 50;

struct ErrorSeriesQuestion {
  EventFilter filter = {};  // the lists of the dimensions alone
  // As in SeriesQuestion.
  std::vector<std::int64_t> edges_unix_ms = {};
  std::int64_t top = 6;  // 1 to kErrorClassesTopMax
};

struct ErrorCount {
  std::int64_t bucket = 0;
  std::string error_class;
  std::int64_t requests = 0;

  bool operator==(const ErrorCount&) const = default;
};

// Buckets in which nothing failed have no row.
struct ErrorSeriesAnswer {
  // False: tallies told the classes, and an hour that lies in two buckets counts in the one in
  // which it begins, or hours at the ends hold what failed outside. `totals` are exact always.
  bool exact = true;
  std::vector<std::pair<std::int64_t, std::int64_t>> totals;  // what failed, by bucket
  std::vector<std::pair<std::string, std::int64_t>> top;      // the most frequent first
  std::vector<ErrorCount> rows;                               // of those in `top` alone
};

// What nobody can tell apart any more, or only by looking at too many rows, is in `totals` and in
// no class. Errors: InvalidArgument for a question that makes no sense, and those of
// Database::Read.
absl::StatusOr<ErrorSeriesAnswer> ReadErrorSeries(sql::Database& database,
                                                  const ErrorSeriesQuestion& question);

}  // namespace weir::usage
