// What a Gemini client holds of thinking that another provider's model did: its texts and their
// signatures, in base64, since Google's SDKs take a thoughtSignature for bytes. No I/O.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::relay::gemini {

struct Thought {
  std::string signature;  // of the gateway's own
  std::string text;       // escaped
};

std::string SealThoughts(std::span<const Thought> thoughts);

// None: it is Google's own, or was changed. Both alphabets of base64 are read.
std::vector<Thought> OpenThoughts(std::string_view sealed);

}  // namespace weir::relay::gemini
