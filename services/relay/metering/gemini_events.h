// Chunks of Gemini's streams, each a whole answer with what is new, as far as the meter needs them.
// No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::relay {

// Candidates by their index, a bit each; those from the 64th on count as the 64th.
struct GeminiChunk {
  std::uint64_t candidates = 0;  // that are in it
  std::uint64_t finished = 0;    // of them, with the reason why they end here
  bool blocked = false;          // the prompt was: there are none, and none will come
};

GeminiChunk ReadGeminiChunk(std::string_view data);

// What tells who answers: {"modelVersion", "responseId"}.
std::string GeminiIdentity(std::string_view data);

}  // namespace weir::relay
