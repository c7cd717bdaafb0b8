// Lengths of time, counted in buckets whose width grows with them. Pure arithmetic.
#pragma once

#include <cstdint>
#include <map>

namespace weir::usage {

// Below 32 ms a bucket is one millisecond; above, sixteen share each doubling, so that the middle
// of a bucket is within a thirty-second part of all that is in it. Not negative.
std::int64_t BucketOf(std::int64_t ms);
std::int64_t MiddleOf(std::int64_t bucket);  // ms

// Value -> how often it occurred, by value.
using Counts = std::map<std::int64_t, std::int64_t>;

struct Percentiles {
  std::int64_t measured = 0;
  std::int64_t p50 = 0;
  std::int64_t p95 = 0;
  std::int64_t p99 = 0;

  bool operator==(const Percentiles&) const = default;
};

// The smallest value that so many percent of all are not above; of nothing all are 0.
Percentiles PercentilesOf(const Counts& counts);

// Those of counts by bucket, as their middles.
Percentiles PercentilesOfBuckets(const Counts& counts);

}  // namespace weir::usage
