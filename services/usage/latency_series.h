// How long answers took, over time and all together.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"
#include "services/usage/histogram.h"
#include "services/usage/latency_bars.h"

namespace weir::usage {

struct LatencySeriesQuestion {
  EventFilter filter = {};  // the lists of the dimensions alone
  // As in SeriesQuestion.
  std::vector<std::int64_t> edges_unix_ms = {};
};

// Of answers of upstreams that did not fail, in ms.
struct BucketLatency {
  std::int64_t bucket = 0;
  Percentiles latency;
  Percentiles first_token;

  bool operator==(const BucketLatency&) const = default;
};

struct LatencySeriesAnswer {
  // Else each percentile is within a thirty-second part, and an hour that lies in two buckets, or
  // half outside, counts in the one in which it begins; or not all of the range is kept.
  bool exact = true;
  // As in StatsAnswer.
  std::int64_t since_unix_ms = 0;
  std::vector<BucketLatency> rows;  // by bucket; none of buckets without answers
  BucketLatency total;
  std::vector<LatencyBar> bars;
};

// Up to kExactRequestsMax requests are looked at one by one; beyond it tallies answer what they
// can, and the rest is looked at up to kRowRequestsMax. Errors: InvalidArgument for a question that
// makes no sense, or about more; and those of Database::Read.
absl::StatusOr<LatencySeriesAnswer> ReadLatencySeries(sql::Database& database,
                                                      const LatencySeriesQuestion& question);

}  // namespace weir::usage
