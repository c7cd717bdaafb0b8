// What a target cannot take in any dialect, put otherwise in the conversation itself, so that no
// writer need know: pictures it does not read are refused, a schema becomes an instruction, the
// system's later words the user's, ids of calls short ones. No I/O.
#pragma once

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/target.h"

namespace weir::relay {

// InvalidArgument names the place of what cannot be said there. What was left out without changing
// the meaning is in request.dropped.
absl::Status FitToTarget(ChatRequest& request, const Target& target);

}  // namespace weir::relay
