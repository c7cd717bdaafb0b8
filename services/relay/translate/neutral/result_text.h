// What a tool said, for protocols where it says nothing but text. No I/O.
#pragma once

#include <string>
#include <vector>

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// Appended escaped, a line a part. Of media there is a mark, and they go to `media`.
void AppendResultText(Parts inside, std::string& out, std::vector<const Part*>& media);

}  // namespace weir::relay
