// How both protocols of OpenAI's offer tools: Chat wraps each function, Responses has it flat, and
// is strict with whoever does not say whether it should be. No I/O.
#pragma once

#include <cstdint>

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay {

enum class FunctionForm : std::uint8_t { kWrapped, kFlat };

// The members `tools`, `tool_choice` and `parallel_tool_calls`, if there are tools.
void WriteOpenAiTools(const ChatRequest& request, const Target& target, FunctionForm form,
                      ToolNames& names, JsonOut& json);

}  // namespace weir::relay
