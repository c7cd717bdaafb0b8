// How an answer is to be made, in Gemini's protocol. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::gemini {

// For readers alone: `generationConfig`.
void ReadConfig(ondemand::value value, JsonReader& in, ChatRequest& request);

// A schema of Gemini's own kind, as JSON Schema that the request keeps.
std::string_view ReadSchema(ondemand::value value, JsonReader& in, ChatRequest& request);

}  // namespace weir::relay::gemini
