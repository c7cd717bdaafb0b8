// The turns of a conversation as Chat's messages. No I/O.
#pragma once

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay::openai_chat {

// Writes the member `messages`. InvalidArgument says what no message of Chat's can hold.
absl::Status WriteMessages(const ChatRequest& request, const Target& target, ToolNames& names,
                           JsonOut& json);

}  // namespace weir::relay::openai_chat
