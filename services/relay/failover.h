// The attempts of a request: account after account until one answers, and the endings that are not
// an upstream's answer.
#pragma once

#include "services/relay/accounts/account_selector.h"
#include "services/relay/local_reply.h"
#include "services/relay/metering/answer_meter.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Tries the accounts in order, then those of the models to fall back to; the first answer that is
// good, or that no other account could better, is the client's. Settles the record.
Task<void> Forward(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                   Selection selection);

// The end of a request that the relay answers itself. `used` null: nothing was spent on it.
Task<void> Refuse(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                  const LocalReply& reply, const AnswerMeter* used = nullptr);

// The client left before an answer came. What was sent upstream is used up all the same, so it is
// metered, as an estimate.
void NoteClientGone(RelayEnvironment& environment, RequestContext& context);

}  // namespace weir::relay
