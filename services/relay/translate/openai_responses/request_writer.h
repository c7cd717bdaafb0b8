// The neutral conversation as an OpenAI Responses request. No I/O.
#pragma once

#include <string>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay::openai_responses {

// Appends the body. InvalidArgument says what this protocol cannot carry. What was left out without
// harm is added to request.dropped; names that had to be shortened to `names`.
absl::Status WriteRequest(ChatRequest& request, const Target& target, ToolNames& names,
                          std::string& out);

}  // namespace weir::relay::openai_responses
