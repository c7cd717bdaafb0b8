// What OpenAI Responses calls an error that stands inside an answer. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/neutral/upstream_error.h"

namespace weir::relay::openai_responses {

// Clients look at these: some are worth another try, some are not.
std::string_view ErrorCode(ErrorTopic topic);

}  // namespace weir::relay::openai_responses
