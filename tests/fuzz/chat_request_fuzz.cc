// Chat's requests onto Anthropic.
#include "tests/fuzz/translate_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  return fuzzing::Request(Dialect::kOpenAiChat, Dialect::kAnthropicMessages,
                          weir::fuzz::Text(bytes, size));
}
