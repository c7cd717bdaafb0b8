// How latencies are spread, in bars whose width grows with them. Pure arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "services/usage/histogram.h"

namespace weir::usage {

// From so long to less than so long.
struct LatencyBar {
  std::int64_t from_ms = 0;
  std::int64_t below_ms = 0;  // 0 = no end
  std::int64_t answers = 0;   // by their whole time
  std::int64_t first_tokens = 0;

  bool operator==(const LatencyBar&) const = default;
};

// Counts by ms. Six bars for each tenfold, from the first that is not empty to the last.
std::vector<LatencyBar> BarsOf(const Counts& latencies, const Counts& first_tokens);

}  // namespace weir::usage
