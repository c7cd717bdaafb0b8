// Chat's messages into turns. No I/O.
#pragma once

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::openai_chat {

// Adds what the message `value` says; for readers alone.
void ReadMessage(ondemand::value value, JsonReader& in, ChatRequest& request);

}  // namespace weir::relay::openai_chat
