// The neutral conversation as a request in Gemini's protocol. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay::gemini {

// Behind the account's base URL: the model and the kind of answer stand in the path.
std::string RequestPath(std::string_view model, bool stream);

// Appends the body. InvalidArgument says what this protocol cannot carry. What was left out without
// harm is added to request.dropped; names that had to be shortened to `names`.
absl::Status WriteRequest(ChatRequest& request, const Target& target, ToolNames& names,
                          std::string& out);

}  // namespace weir::relay::gemini
