// The opening handshake of a WebSocket (RFC 6455 §4.2). No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/http1/head_parser.h"

namespace weir::relay {

// Whether the request wants to become a WebSocket, however well it asks.
bool WantsWebSocket(const RequestHead& head);

// What is wrong with how it asks; empty = nothing.
std::string_view HandshakeProblem(const RequestHead& head);

// The value of Sec-WebSocket-Accept for the client's Sec-WebSocket-Key.
std::string HandshakeAnswer(std::string_view key);

}  // namespace weir::relay
