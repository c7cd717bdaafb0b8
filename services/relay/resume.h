// Streams that go on without their client: how one is opened, and how a client comes back to it
// (GET /v1/streams/{id}).
#pragma once

#include <memory>

#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/streams/resumable_stream.h"

namespace weir::relay {

// A stream of the request, if the client asks for it (x-weir-resumable: 1) and the relay has room
// for such streams; else null. While the request's head is there.
std::shared_ptr<ResumableStream> OpenResumable(RelayEnvironment& environment,
                                               const RequestContext& context,
                                               const Exchange& exchange);

// Answers GET /v1/streams/{id}: the events behind ?after=N or last-event-id, then those that come.
// Settles nothing: the request that began the stream is the one that is recorded.
Task<void> ResumeStream(RelayEnvironment& environment, RequestContext& context, Exchange& exchange);

}  // namespace weir::relay
