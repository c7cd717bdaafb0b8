// One upstream attempt of the path: what is sent, and what its outcome means for the request, the
// account and the record.
#pragma once

#include <cstdint>

#include "services/relay/accounts/upstream_signal.h"
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

}  // namespace weir::relay
