// How much of a subscription's windows is used, out of an answer's head.
#pragma once

#include <cstdint>
#include <optional>

#include "services/relay/accounts/rate_headers.h"
#include "services/relay/snapshot/account_figures.h"

namespace weir::relay {

// Of the windows that the answer names; nothing when it names none.
std::optional<WindowUses> WindowUsesOf(const RateReading& reading, std::int64_t now_unix_ms);

}  // namespace weir::relay
