// A provider's usage object into our disjoint counts (docs: ARCHITECTURE.md, "Counting tokens").
#pragma once

#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// Overwrites in `tokens` what the object tells; what it leaves out, or says null, stays. Both
// streams and whole answers report cumulative figures, so the last object wins field by field.
// False when it is no JSON object or tells nothing that we know. Negative figures count as 0.
bool ParseUsage(Dialect dialect, std::string_view usage_json, TokenCounts& tokens);

}  // namespace weir::relay
