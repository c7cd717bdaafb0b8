#include "services/relay/translate/gemini/answer_words.h"

#include <array>

namespace weir::relay::gemini {
namespace {

constexpr std::array<std::string_view, 7> kFinishes = {"STOP",   "MAX_TOKENS", "STOP",      "STOP",
                                                       "SAFETY", "STOP",       "MAX_TOKENS"};

}  // namespace

std::string_view FinishWord(const AnswerEvent& event) {
  return event.code.empty() ? kFinishes[static_cast<std::size_t>(event.stop)] : event.code;
}

void WriteUsage(const TokenCounts& tokens, JsonOut& json) {
  const std::int64_t prompt = TotalInputTokens(tokens);
  json.Begin("usageMetadata", '{');
  json.Number("promptTokenCount", prompt);
  json.Number("candidatesTokenCount", tokens.output - tokens.reasoning);
  json.Number("totalTokenCount", prompt + tokens.output);
  if (tokens.cache_read > 0) json.Number("cachedContentTokenCount", tokens.cache_read);
  if (tokens.reasoning > 0) json.Number("thoughtsTokenCount", tokens.reasoning);
  json.End('}');
}

void WriteIdentity(const AnswerContext& context, std::string_view model, JsonOut& json) {
  if (model.empty()) {
    json.Plain("modelVersion", context.model);
  } else {
    json.Text("modelVersion", model);
  }
  json.Text("responseId", context.id);
}

}  // namespace weir::relay::gemini
