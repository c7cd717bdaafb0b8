// Requests that come out of a page of the console, which has another origin than the relay: what
// its browser is told (CORS).
#pragma once

#include <string_view>

#include "services/relay/http/exchange.h"
#include "services/relay/net/task.h"
#include "services/relay/request_context.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// The console's origin that the request names, a view into the snapshot; empty for all others, who
// get no word about origins. Where no console is known, no header is looked for.
std::string_view ConsoleOrigin(const Snapshot* snapshot, const RequestHead& head);
// The same by what the request names.
std::string_view ConsoleOrigin(const Snapshot* snapshot, std::string_view origin);

// A browser's question before the request itself, at an endpoint that exists: it comes without a
// key, so `refusal` is the method's.
bool IsPreflight(const RequestContext& context, const RequestHead& head, std::string_view refusal);
Task<void> AnswerPreflight(RequestContext& context, Exchange& exchange);

}  // namespace weir::relay
