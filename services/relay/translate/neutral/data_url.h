// "data:image/png;base64,…", as OpenAI's protocols carry media. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// Into the part's media_type and base64, escaped as it is; false when it is no such URL.
bool ReadDataUrl(std::string_view url, Part& part);

}  // namespace weir::relay
