// What whole messages and streams have in common. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::anthropic {

// Of a kStop.
std::string_view StopWord(const AnswerEvent& event);

// `"stop_reason":…,"stop_sequence":…`, as members.
void WriteStop(std::string_view word, std::string_view sequence, JsonOut& json);

// `"id":…,"type":"message","role":…,"model":…`, as members. Without an id it is named after the
// request.
void WriteMessageHead(const AnswerContext& context, std::string_view id, std::string_view model,
                      JsonOut& json);

}  // namespace weir::relay::anthropic
