// How long requests took and how they ended, over a range.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"
#include "services/usage/histogram.h"

namespace weir::usage {

// Up to so many requests are looked at one by one; beyond it tallies answer what they can.
inline constexpr std::int64_t kExactRequestsMax = 20'000;
// What tallies cannot answer is looked at one by one up to here.
inline constexpr std::int64_t kRowRequestsMax = 200'000;

struct StatsAnswer {
  // Else within a thirty-second part, over whole hours; or not over all of the range.
  bool exact = true;
  // What the range has before this moment is not kept, or never was; 0 = all of it is counted.
  std::int64_t since_unix_ms = 0;
  std::int64_t requests = 0;
  std::int64_t cache_hits = 0;
  Percentiles latency;      // ms; of answers of upstreams that did not fail
  Percentiles first_token;  // ms; likewise
  std::vector<std::pair<std::int64_t, std::int64_t>> statuses;      // by status
  std::vector<std::pair<std::string, std::int64_t>> error_classes;  // the most frequent first
};

// Thread-safe. Errors: InvalidArgument when it would have to look at more than kRowRequestsMax
// requests; those of Database::Read.
class UsageStats {
 public:
  // `database` must outlive it.
  explicit UsageStats(sql::Database& database) : database_(database) {}

  absl::StatusOr<StatsAnswer> Stats(const EventFilter& filter);

 private:
  sql::Database& database_;
};

}  // namespace weir::usage
