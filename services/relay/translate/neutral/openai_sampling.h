// What both protocols of OpenAI's call the same: temperature and top_p. No I/O.
#pragma once

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/target.h"

namespace weir::relay {

// As members of the object that is open in `json`. What the target does not take, and top_k, which
// neither protocol has, goes to request.dropped.
void WriteOpenAiSampling(ChatRequest& request, const Target& target, JsonOut& json);

}  // namespace weir::relay
