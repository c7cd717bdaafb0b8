#include "services/relay/provider_label.h"

namespace weir::relay {

std::size_t ProviderLabelOf(Platform platform) {
  switch (platform) {
    case Platform::kClaude:
    case Platform::kClaudeConsole:
      return 1;
    case Platform::kOpenAi:
    case Platform::kOpenAiResponses:
      return 2;
    case Platform::kAzureOpenAi:
      return 3;
    case Platform::kOllama:
      return 4;
    case Platform::kGemini:
      return 5;
    case Platform::kSession:
      return 6;
  }
  return 0;
}

}  // namespace weir::relay
