// What is said over a WebSocket of Responses beside the events of answers, and the head that a
// handshake gives to each of its turns. No I/O.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "libs/common/secret.h"
#include "services/relay/http1/head_parser.h"

namespace weir::relay {

// The head of each turn's POST, but for its length and the empty line. It holds the caller's key.
Secret TurnHead(const RequestHead& handshake);

// An error for a message that is no proper turn; `what` is wrong with it.
std::string MessageRefused(std::string_view what);

// An error for a turn that was answered with `body`, an error of Responses, instead of a stream.
// `retry_after` as in the header of that name; empty = none.
std::string RequestRefused(int status, std::string_view body, std::string_view retry_after);

// What a provider says to a response that generates nothing.
std::array<std::string, 2> WarmUpMessages(std::string_view id);

}  // namespace weir::relay
