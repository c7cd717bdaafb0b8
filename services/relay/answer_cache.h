// The response cache on the path: the key of a request, an answer out of the cache, and a good
// answer on its way into it.
#pragma once

#include <memory>

#include "services/relay/cache/response_cache.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Makes context.cache when the caller's key or group has the cache on; costs a look at two flags
// when it has not. The body must have been read.
void PlanCaching(RelayEnvironment& environment, RequestContext& context, const Exchange& exchange);

// Null when there is none, the client wants none, or the account that made it would not give it any
// more.
std::shared_ptr<const CachedAnswer> FindCached(RelayEnvironment& environment,
                                               const RequestContext& context);

// The same where relays share their answers: then nothing is in this one's memory.
bool AsksSharedCache(const RelayEnvironment& environment, const RequestContext& context);
Task<std::shared_ptr<const CachedAnswer>> FindShared(RelayEnvironment& environment,
                                                     const RequestContext& context);

// Sends it and settles the record: no tokens, no cost, no account. `answer` must be held meanwhile.
Task<void> AnswerFromCache(RelayEnvironment& environment, RequestContext& context,
                           Exchange& exchange, const CachedAnswer& answer);

// Once the record is complete: what was captured is kept, if it is good. Without a plan: nothing.
void KeepAnswer(RelayEnvironment& environment, RequestContext& context);

}  // namespace weir::relay
