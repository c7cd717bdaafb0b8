// What whole answers and streams have in common. No I/O.
#pragma once

#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::gemini {

// Of a kStop.
std::string_view FinishWord(const AnswerEvent& event);

// The member `usageMetadata`: what was thought stands apart from what was said.
void WriteUsage(const TokenCounts& tokens, JsonOut& json);

// `"modelVersion":…,"responseId":…`, as members.
void WriteIdentity(const AnswerContext& context, std::string_view model, JsonOut& json);

}  // namespace weir::relay::gemini
