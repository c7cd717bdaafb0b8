// The first stages of the path, those that need no account: each looks at what came, adds its part
// to the context, or refuses. No I/O.
#pragma once

#include <optional>

#include "services/relay/local_reply.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// A stage's answer: nothing = go on.
using Refusal = std::optional<LocalReply>;

// Method and path -> endpoint and dialect; also refuses while there is no snapshot.
Refusal MatchEndpoint(RequestContext& context, const RequestHead& head);

// The presented key -> caller. Fills in whose request it is also when it is refused.
Refusal CheckCaller(RequestContext& context, const RequestHead& head);

// How reading the body ended.
Refusal CheckBodyRead(ReadStatus status, const Exchange& exchange, const HttpLimits& limits);

// The body's few facts, and whether this key may use the model.
Refusal ReadFacts(RequestContext& context, const Exchange& exchange);

}  // namespace weir::relay
