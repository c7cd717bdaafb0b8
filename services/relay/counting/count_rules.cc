#include "services/relay/counting/count_rules.h"

#include <algorithm>
#include <array>

namespace weir::relay {
namespace {

// A picture of 1024 x 1024: 85 tokens and 170 for each of four tiles, as OpenAI publishes it; what
// Anthropic's sizes come to (width x height / 750); others lie between.
constexpr std::int64_t kPictureOpenAi = 765;
constexpr std::int64_t kPictureAnthropic = 1'400;
constexpr std::int64_t kPictureOther = 1'000;

constexpr CountRules OpenAi(std::string_view head) { return {head, 100, true, kPictureOpenAi}; }
constexpr CountRules Other(std::string_view head, std::int64_t percent) {
  return {head, percent, false, kPictureOther};
}

// The first row that fits. Estimates lean high: a client that makes room too early loses less than
// one whose request is refused.
constexpr std::array kRows = {
    OpenAi("gpt-4o"),
    OpenAi("gpt-4.1"),
    OpenAi("gpt-4.5"),
    OpenAi("gpt-5"),
    OpenAi("gpt-oss"),
    OpenAi("chatgpt-4o"),
    OpenAi("o1"),
    OpenAi("o3"),
    OpenAi("o4"),
    // Older ones, whose encoding is cl100k_base.
    CountRules{"gpt-3.5", 105, false, kPictureOpenAi},
    CountRules{"gpt-35", 105, false, kPictureOpenAi},
    CountRules{"gpt-4", 105, false, kPictureOpenAi},
    CountRules{"claude", 125, false, kPictureAnthropic},
    Other("gemini", 110),
    Other("deepseek", 110),
    Other("qwen", 110),
    Other("kimi", 110),
    Other("glm", 110),
    Other("grok", 110),
    Other("llama", 115),
    Other("mistral", 125),
    Other("ministral", 125),
    Other("mixtral", 125),
    Other("codestral", 125),
    Other("", 115),
};

}  // namespace

const CountRules& CountRulesFor(std::string_view model) {
  if (const std::size_t slash = model.rfind('/'); slash != std::string_view::npos) {
    model.remove_prefix(slash + 1);
  }
  return *std::find_if(kRows.begin(), kRows.end(), [model](const CountRules& row) {
    return model.starts_with(row.model_head);
  });
}

}  // namespace weir::relay
