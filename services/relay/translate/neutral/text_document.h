// Texts that come as files in base64. Only Google takes them so; to all others they are said. No
// I/O.
#pragma once

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// A document whose bytes are a text ("text/plain", "text/csv", …).
bool IsTextFile(const Part& part);

// Makes its bytes the part's text. InvalidArgument names its place when they are not UTF-8.
absl::Status BecomeText(Part& part, ChatRequest& request);

}  // namespace weir::relay
