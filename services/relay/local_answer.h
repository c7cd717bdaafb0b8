// Answers of the relay's own on their way out: head and body.
#pragma once

#include <string_view>

#include "services/relay/http/exchange.h"
#include "services/relay/local_reply.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Sends now what can be sent; Flush the exchange afterwards.
void SendLocalReply(RequestContext& context, Exchange& exchange, const LocalReply& reply);

// 200 with a body of our own; `fields` are further lines of the head, each with its end.
void SendLocalAnswer(RequestContext& context, Exchange& exchange, std::string_view body,
                     std::string_view content_type, std::string_view fields = {});

}  // namespace weir::relay
