// One upstream attempt of the path: what is sent, and what its outcome means for the request, the
// account and the record.
#pragma once

#include <cstdint>

#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/local_reply.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Sends the client's body, with the few edits that the account needs, and reads the answer's head.
Task<AttemptOutcome> Attempt(RelayEnvironment& environment, RequestContext& context,
                             Exchange& exchange, UpstreamCall& call, const Account& account,
                             std::int64_t total_deadline_ms);

// Into the record, the account's health, the counters, and up to admin. Before the next suspension.
UpstreamSignal NoteAttempt(RelayEnvironment& environment, RequestContext& context,
                           const Account& account, const UpstreamCall& call,
                           AttemptOutcome outcome);

// True: the upstream's answer goes to the client as it is, good or bad. False for what must not be
// shown (an account's own 401) and for what is not in the caller's shape (an HTML error page).
bool PassesOn(AttemptOutcome outcome, const UpstreamSignal& signal, const UpstreamCall& call);

// What the client is told when no account could serve it.
LocalReply AllFailed(const RequestContext& context, const UpstreamSignal& last);

}  // namespace weir::relay
