// The turns of a conversation in Gemini's protocol. No I/O.
#pragma once

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::gemini {

// For readers alone: adds the turns of `contents`.
void ReadContents(ondemand::value value, JsonReader& in, ChatRequest& request);

// A content whose texts are the system's own.
void ReadInstruction(ondemand::value value, JsonReader& in, ChatRequest& request);

}  // namespace weir::relay::gemini
