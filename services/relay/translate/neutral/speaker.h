// Who may say what: a block in another's turn would mean something else there. For .cc files of
// readers alone. No I/O.
#pragma once

#include <cstddef>

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay {

// The parts from `first` on are `role`'s; refuses, through `in`, those that are not its to say:
// calls and thinking are the model's, results of tools the user's.
void CheckSpeaker(Role role, std::size_t first, const ChatRequest& request, JsonReader& in);

}  // namespace weir::relay
