// The content of Anthropic's messages: text, or blocks. No I/O.
#pragma once

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::anthropic {

// Adds parts for what `value` holds; for readers alone.
void ReadContent(ondemand::value value, JsonReader& in, ChatRequest& request);

}  // namespace weir::relay::anthropic
