// Gemini's answers for Anthropic's clients.
#include "tests/fuzz/translate_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  return fuzzing::Answer(Dialect::kAnthropicMessages, Dialect::kGemini,
                         weir::fuzz::Text(bytes, size));
}
