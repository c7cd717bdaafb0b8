// The usual headers that tell a caller how much of its limits is left. No I/O.
#pragma once

#include <cstdint>
#include <string>

#include "services/relay/dialects/dialect.h"
#include "services/relay/limits/rate_limiter.h"

namespace weir::relay {

// Appends x-ratelimit-{limit,remaining,reset}-{requests,tokens} with lengths of time ("6m0s"), or
// anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset} with moments (RFC 3339); nothing
// for a limit that is not set. `admitted_unix_ms` is when the report was made.
void AppendLimitFields(const LimitReport& report, Dialect dialect, std::int64_t admitted_unix_ms,
                       std::int64_t now_unix_ms, std::string& out);

}  // namespace weir::relay
