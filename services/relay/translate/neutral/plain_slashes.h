// Types of media and addresses are compared, so the slashes that some libraries escape in JSON
// ("\/", PHP's does by default) must be plain. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// `escaped` itself where there are none; else the request keeps the text.
std::string_view PlainSlashes(std::string_view escaped, ChatRequest& request);

}  // namespace weir::relay
