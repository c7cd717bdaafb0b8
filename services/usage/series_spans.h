// Buckets of a series, gathered into runs that one statement can sum up. Pure arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::usage {

// `count` buckets of one length that follow each other; Unix ms, whole quarter-hours.
struct SeriesSpan {
  std::int64_t first_bucket = 0;
  std::int64_t count = 0;
  std::int64_t begin_unix_ms = 0;
  std::int64_t step_ms = 0;

  std::int64_t end_unix_ms() const { return begin_unix_ms + count * step_ms; }
};

// Each edge is cut down to its quarter-hour. InvalidArgument: less than two edges, more than
// kSeriesBucketsMax + 1, negative, or not ascending after the cut.
absl::StatusOr<std::vector<SeriesSpan>> SpansOf(const std::vector<std::int64_t>& edges_unix_ms);

}  // namespace weir::usage
