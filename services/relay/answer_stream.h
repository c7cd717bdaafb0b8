// From the upstream's head to the client's last byte: one answer passed on, metered, settled.
#pragma once

#include <cstdint>

#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// `call` has just answered; its head and first bytes stand in the loop's scratch, so this must be
// awaited before anything else. Settles the record before the client sees the end. `exchange` has
// been told to close when the answer could not be ended properly.
Task<void> PassAnswer(RelayEnvironment& environment, RequestContext& context, UpstreamCall& call,
                      Exchange& exchange, std::int64_t total_deadline_ms);

}  // namespace weir::relay
