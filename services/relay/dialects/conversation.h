// What tells one conversation from another when its client does not name it: its system prompt and
// the first thing its user said, which stay the same from turn to turn. No I/O.
#pragma once

#include <cstddef>
#include <string_view>

#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

inline constexpr std::size_t kConversationBytesMax = 256;  // of each of the two

// Views into the body, as they stand there (escapes and all); empty = there is none.
struct ConversationStart {
  std::string_view system;
  std::string_view first_user_text;
};

// Reads no further than it must: the costs do not grow with the conversation.
ConversationStart ReadConversationStart(const RequestFacts& facts, std::string_view body);

// The session in what Claude Code sends as metadata.user_id: JSON with a session_id, or, in older
// versions, "user_…_session_ID". Any other text is its own.
std::string_view SessionOfUserId(std::string_view user_id);

}  // namespace weir::relay
