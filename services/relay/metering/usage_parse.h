// A provider's usage object into our disjoint counts (docs: ARCHITECTURE.md, "Counting tokens").
#pragma once

#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// Which sides of the count an object told.
struct UsageTold {
  bool input = false;
  bool output = false;
};

// Overwrites in `tokens` what the object tells; what it leaves out, or says null, stays. Both
// streams and whole answers report cumulative figures, so the last object wins field by field.
// Tells nothing when it is no JSON object. Negative figures count as 0; absurd ones (over 10^8
// tokens) as not told.
UsageTold ParseUsage(Dialect dialect, std::string_view usage_json, TokenCounts& tokens);

}  // namespace weir::relay
