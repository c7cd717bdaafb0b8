// Gemini signs calls, not thinking, and wants each signature back on its own call. Other protocols
// carry signatures on thinking: as a payload of the gateway's envelope it says which call it is of.
// No I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::relay::gemini {

struct CallSignature {
  std::size_t call = 0;  // of the answer's calls, in their order
  std::string_view signature;
};

// "0.CrEB…"
std::string WriteCallSignature(const CallSignature& signature);

// Nothing: it is none.
std::optional<CallSignature> ReadCallSignature(std::string_view payload);

}  // namespace weir::relay::gemini
