// Anthropic's requests onto Chat.
#include "tests/fuzz/translate_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  return fuzzing::Request(Dialect::kAnthropicMessages, Dialect::kOpenAiChat,
                          weir::fuzz::Text(bytes, size));
}
