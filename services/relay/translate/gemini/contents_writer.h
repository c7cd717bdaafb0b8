// The turns of a conversation as Gemini's contents. No I/O.
#pragma once

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay::gemini {

// Writes the member `contents`: the user's and the model's by turns, the user's first.
// InvalidArgument says what no part of Gemini's can hold.
absl::Status WriteContents(const ChatRequest& request, const Target& target, ToolNames& names,
                           JsonOut& json);

}  // namespace weir::relay::gemini
