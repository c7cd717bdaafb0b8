// The tools of an OpenAI Responses request: functions, groups of them (namespaces) and tools that
// take text. Those that run at OpenAI stay behind. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::openai_responses {

// A list of them; may be read several times.
void ReadTools(ondemand::value value, JsonReader& in, ChatRequest& request);
void ReadToolChoice(ondemand::value value, JsonReader& in, ChatRequest& request);

// A tool that came twice (`additional_tools` brings them along again) is one, as it was told last.
// InvalidArgument: two tools would have one name ("a__b" and `b` of the group `a`).
absl::Status UniteTools(ChatRequest& request);

// The name that a tool of a group has upstream: "group__name".
std::string_view SentName(std::string_view name_space, std::string_view name, ChatRequest& request);

}  // namespace weir::relay::openai_responses
