// What stays of a request when this process is killed: kept before each attempt is sent, brought up
// to date as its answer passes, gone once its end is in the spool (settle.h).
#pragma once

#include "services/relay/metering/answer_meter.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Before an attempt is sent; the record names its account and model. Nothing for callers that are
// not known, as in Settle.
void KeepIntent(RelayEnvironment& environment, RequestContext& context);

// A piece of the answer has been read and goes on. `meter` null: the answer uses no tokens.
void NoteProgress(RequestContext& context, const AnswerMeter* meter);

}  // namespace weir::relay
