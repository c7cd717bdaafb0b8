// Which requests have their bodies recorded, and where on their way each of them is taken down
// (docs/bodies.md). Whoever has it off pays one look at two flags.
#pragma once

#include <sys/uio.h>

#include <span>
#include <string_view>

#include "services/relay/answer_framing.h"
#include "services/relay/bodies/body_tap.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Once the body is read: takes it down, if the caller's key or group says so.
void BeginRecording(RelayEnvironment& environment, RequestContext& context,
                    const Exchange& exchange);

// What goes to an account: kept where it differs from what the client sent. `body` leaves out the
// head. Each attempt anew; the last one stays.
void RecordUpstreamRequest(RequestContext& context, const Account& account,
                           std::span<const iovec> body, bool differs);

// The types of an answer's bodies, before the first byte of it passes.
void RecordAnswerTypes(RequestContext& context, const UpstreamCall& call, const Answer& answer);

// The next bytes of one body; `last`: with them it is whole.
inline void RecordPart(const RequestContext& context, BodyKind kind, std::string_view bytes,
                       bool last) {
  if (context.bodies == nullptr) return;
  context.bodies->Append(kind, bytes);
  if (last) context.bodies->MarkWhole(kind);
}

// An answer that the relay gives itself, whole or piece by piece.
void RecordOwnAnswer(const RequestContext& context, std::string_view bytes,
                     std::string_view content_type, bool last);

}  // namespace weir::relay
