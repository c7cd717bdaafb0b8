// The spans of a request and of its attempts: begun while it runs, told when it is over.
#pragma once

#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// The next attempt; says what its upstream is told.
TraceFields BeginAttemptSpan(const RelayEnvironment& environment, RequestContext& context,
                             const Account& account);

// To the exporter, if this request is traced. Nothing after it.
void EndTrace(RelayEnvironment& environment, RequestContext& context);

}  // namespace weir::relay
