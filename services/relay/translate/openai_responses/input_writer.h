// The turns of a conversation as the items of an OpenAI Responses request. No I/O.
#pragma once

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay::openai_responses {

// Writes the members `instructions` and `input`. InvalidArgument: nothing is left to send.
absl::Status WriteInput(const ChatRequest& request, const Target& target, ToolNames& names,
                        JsonOut& json);

}  // namespace weir::relay::openai_responses
