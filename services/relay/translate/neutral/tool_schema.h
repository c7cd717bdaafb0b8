// The schema of a tool's arguments, which are an object whether it says so or not; Anthropic and
// OpenAI refuse one that does not. No I/O.
#pragma once

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// Those that say no `type` get it.
void SayObjectType(ChatRequest& request);

}  // namespace weir::relay
