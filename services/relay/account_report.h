// What an attempt taught about its account: into the account's health here, into the log, and up to
// admin, which tells all relays.
#pragma once

#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// For the attempt whose ticket and upstream model the context has. `http_status` 0 = no answer.
void NoteForAccount(RelayEnvironment& environment, RequestContext& context, const Account& account,
                    const UpstreamSignal& signal, int http_status);

// What a good answer's head tells of the account's limits and of its speed. Before the next
// suspension.
void NoteGoodAnswer(RelayEnvironment& environment, const RequestContext& context,
                    const Account& account, const ResponseHead& head, std::int64_t first_byte_ms,
                    std::int64_t now_unix_ms);

}  // namespace weir::relay
