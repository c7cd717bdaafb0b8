// What an account speaks, and whether a request must be put into it. No I/O.
#pragma once

#include <cstdint>
#include <optional>

#include "services/relay/dialects/dialect.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// What its upstream speaks.
Dialect DialectOf(const Account& account);

// Speaks this dialect without translation.
bool SpeaksNatively(const Account& account, Dialect dialect);

// The dialect that a request in `dialect` must be put into for this account; nothing when it speaks
// the caller's own, or one that is not among `translatable` (a bit each: 1 << dialect).
std::optional<Dialect> TranslatedTo(const Account& account, Dialect dialect,
                                    std::uint32_t translatable);

}  // namespace weir::relay
