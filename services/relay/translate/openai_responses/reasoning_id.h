// What brings reasoning back to the provider that encrypted it: its item's id and what was
// encrypted, as one text. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "libs/common/text.h"

namespace weir::relay::openai_responses {

// Neither ids nor base64 hold it.
inline constexpr char kBehindReasoningId = '.';

inline std::string JoinReasoningId(std::string_view id, std::string_view encrypted) {
  return StrCat(id, std::string_view(&kBehindReasoningId, 1), encrypted);
}

// The id (may be empty), and what was encrypted.
inline std::pair<std::string_view, std::string_view> SplitReasoningId(std::string_view joined) {
  const std::size_t at = joined.find(kBehindReasoningId);
  if (at == std::string_view::npos) return {{}, joined};
  return {joined.substr(0, at), joined.substr(at + 1)};
}

}  // namespace weir::relay::openai_responses
