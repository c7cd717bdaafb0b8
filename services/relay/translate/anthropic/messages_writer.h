// The turns of a conversation as Anthropic's messages. No I/O.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay::anthropic {

// What Anthropic signed this thinking with, if the target can read it; never empty.
std::optional<std::string_view> SignatureFor(const Part& thinking, const Target& target);

// Writes the member `messages`: the user's and the assistant's by turns, the user's first.
// InvalidArgument says what no message of Anthropic's can hold.
absl::Status WriteMessages(const ChatRequest& request, const Target& target, ToolNames& names,
                           JsonOut& json);

}  // namespace weir::relay::anthropic
