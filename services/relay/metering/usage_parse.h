// A provider's usage object into our disjoint counts (docs: ARCHITECTURE.md, "Counting tokens").
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// Which sides of the count an object told.
struct UsageTold {
  bool input = false;
  bool output = false;
};

// A provider's own figures, each the last one that it told.
struct UsageFigures {
  static constexpr std::int64_t kNotTold = -1;

  std::int64_t input = kNotTold;  // as the dialect means it: with caches or without
  std::int64_t output = kNotTold;
  std::int64_t cached = kNotTold;  // read from a cache
  std::int64_t written = kNotTold;
  std::int64_t written_5m = kNotTold;
  std::int64_t written_1h = kNotTold;
  std::int64_t reasoning = kNotTold;
  std::int64_t tools = kNotTold;  // Gemini: what tools brought in
  std::int64_t total = kNotTold;

  bool operator==(const UsageFigures&) const = default;
};

// The disjoint counts that add up to the figures. Providers of one dialect differ in whether the
// input holds what was cached, and the output what was thought: where the total tells, it decides.
TokenCounts TokensOf(Dialect dialect, const UsageFigures& figures);

// Overwrites in `figures` what the object tells; what it leaves out, or says null, stays. Both
// streams and whole answers report cumulative figures, so the last object wins field by field.
// Tells nothing when it is no JSON object. Absurd figures (negative, over 10^8 tokens) count as not
// told. `total_is_input`: the endpoint has no output, so a total_tokens that stands
// alone tells the input.
UsageTold ParseUsage(Dialect dialect, std::string_view usage_json, UsageFigures& figures,
                     bool total_is_input = false);

}  // namespace weir::relay
