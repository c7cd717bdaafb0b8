// GET /v1/responses as a WebSocket (OpenAI's "WebSocket mode", what Codex speaks first): each
// message that asks for a response becomes a request of its own, with the key and the headers of
// the handshake, and the events of its answer go back as messages. One after the other.
#pragma once

#include "services/relay/http/exchange.h"
#include "services/relay/net/task.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/request_stages.h"

namespace weir::relay {

// Whether the request opens a WebSocket as it should, and WebSockets are on.
Refusal CheckHandshake(const HttpLimits& limits, const RequestHead& head);

// The exchange holds a good handshake of a caller who may come in.
// Returns when the WebSocket is closed; the connection is of no further use.
Task<void> ServeResponsesSocket(RelayEnvironment& environment, RequestContext& context,
                                Exchange& exchange);

}  // namespace weir::relay
