// An Anthropic Messages request into the neutral conversation. No I/O.
#pragma once

#include <string_view>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay::anthropic {

// `body` as ScanRequest wants it. InvalidArgument names the field that is wrong, or that no other
// protocol can say.
absl::Status ReadRequest(std::string_view body, ChatRequest& request);

}  // namespace weir::relay::anthropic
