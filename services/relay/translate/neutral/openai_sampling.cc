#include "services/relay/translate/neutral/openai_sampling.h"

#include <string_view>

namespace weir::relay {

void WriteOpenAiSampling(ChatRequest& request, const Target& target, JsonOut& json) {
  const auto put = [&](std::string_view name, std::string_view number, bool taken) {
    if (number.empty()) return;
    if (taken) {
      json.Raw(name, number);
    } else {
      request.dropped.emplace_back(name);
    }
  };
  put("temperature", request.temperature, target.takes_sampling);
  put("top_p", request.top_p, target.takes_sampling);
  put("top_k", request.top_k, false);
}

}  // namespace weir::relay
