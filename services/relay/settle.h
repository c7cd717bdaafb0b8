// The end of every request: tokens and price become a cost, and the record goes to the spool before
// the client can see that its answer is complete. A kill -9 right after loses nothing.
#pragma once

#include "services/relay/metering/answer_meter.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// What the answer has cost so far, nano-USD; 0 = it has no price.
std::int64_t CostSoFar(const RequestContext& context, const AnswerMeter& meter);

// Fills in what only the end knows, and appends. Does nothing the second time, and for callers that
// are not known (a stranger must not be able to fill the ledger). `meter` null: nothing was used.
void Settle(RelayEnvironment& environment, RequestContext& context, const AnswerMeter* meter);

}  // namespace weir::relay
