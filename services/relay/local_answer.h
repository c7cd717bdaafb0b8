// Local replies on their way out: head, body, and the models that a key may use.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/http/exchange.h"
#include "services/relay/local_reply.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Sends now what can be sent; Flush the exchange afterwards.
void SendLocalReply(const RequestContext& context, Exchange& exchange, const LocalReply& reply);

// 200 with a body of our own.
void SendLocalAnswer(const RequestContext& context, Exchange& exchange, std::string_view body,
                     std::string_view content_type);

// GET /v1/models in the shape of whoever asks: Anthropic's with an anthropic-version header, a
// plain array below /api, else OpenAI's; only what the caller's key may use.
std::string ModelList(const RequestContext& context, const RequestHead& head);

}  // namespace weir::relay
