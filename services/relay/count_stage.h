// Counting tokens here, for requests that no provider can be asked about: their accounts speak
// another protocol, or none of them can tell now. How it is done: counting/.
#pragma once

#include <string_view>

#include "services/relay/http/exchange.h"
#include "services/relay/net/task.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// The request asks for a count, and this account cannot be asked.
bool CountsFor(const RequestContext& context, const Account& account);

// The request asks for a count, and nobody could be asked, for this reason.
bool CountsWithout(const RequestContext& context, std::string_view reason);

// The request asks for a count, and a provider answered with a fault that is not the request's own:
// it does not know how to count (404), or cannot now.
bool RefusesToCount(const RequestContext& context, int http_status);

// Answers and records it. The loop has other turns meanwhile. With `account`: as the model would
// read it that serves the request there; else what cannot be read is guessed by its size.
Task<void> CountHere(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                     const Account* account);

}  // namespace weir::relay
