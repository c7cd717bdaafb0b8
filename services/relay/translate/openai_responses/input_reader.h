// The `input` of an OpenAI Responses request: text, or items. No I/O.
#pragma once

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::openai_responses {

// Adds turns for what `value` holds; for readers alone.
void ReadInput(ondemand::value value, JsonReader& in, ChatRequest& request);

}  // namespace weir::relay::openai_responses
