// THE PATH: one request from its head to its record, one line per stage.
#pragma once

#include "services/relay/http/exchange.h"
#include "services/relay/net/task.h"
#include "services/relay/relay_environment.h"

namespace weir::relay {

// The exchange holds a request's head. Afterwards its answer has been sent (or its client is gone),
// and its usage event is in the spool.
Task<void> RelayRequest(RelayEnvironment& environment, Exchange& exchange);

// For a head that could not be read: the error in the shape that its path suggests.
Task<void> RefuseHead(RelayEnvironment& environment, Exchange& exchange, ReadStatus status);

}  // namespace weir::relay
