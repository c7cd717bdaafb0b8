// How the request is routed: the stage around route/route_resolver, and what its plan means for the
// body that goes upstream.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"

#include "services/relay/dialects/body_edits.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/request_stages.h"

namespace weir::relay {

// The models to try, whether it streams, the prompt to put before its own: all from the pinned
// snapshot, into the context. `body` is the request's, as ScanRequest wants it.
void PlanRoute(RequestContext& context, std::string_view body);
// The same where there is no body to look into.
void PlanRouteFor(RequestContext& context, absl::FunctionRef<bool()> has_media);

// After PlanRoute: a prompt of the gateway's must have its place in the request, or the request
// could leave it behind by a field of the wrong type.
Refusal CheckPromptPlace(const RequestContext& context, std::string_view body);

// Tokens that the answer of the model at hand may have: the route's bounds, and no more than what
// is left of a budget pays for.
TokenBounds AnswerBounds(const RequestContext& context);

// Accounts to try for the model at hand, at most.
int AttemptsMax(const RelayEnvironment& environment, const RequestContext& context);

// No account of another protocol serves this: the group or the route says so.
bool NativeOnly(const RequestContext& context, const RouteStep& step);

// What the body should say to this account, whose name for the model is `upstream_model`.
BodyChanges ChangesFor(const RequestContext& context, const RequestHead& head,
                       const Account& account, std::string_view upstream_model);

}  // namespace weir::relay
