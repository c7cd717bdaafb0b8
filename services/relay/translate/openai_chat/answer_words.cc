#include "services/relay/translate/openai_chat/answer_words.h"

#include <array>

namespace weir::relay::openai_chat {
namespace {

constexpr std::array<std::string_view, 7> kFinishes = {
    "stop", "length", "tool_calls", "stop", "content_filter", "stop", "length"};

}  // namespace

std::string_view FinishWord(const AnswerEvent& event) {
  return event.code.empty() ? kFinishes[static_cast<std::size_t>(event.stop)] : event.code;
}

void WriteUsage(const TokenCounts& tokens, JsonOut& json) {
  const std::int64_t prompt = TotalInputTokens(tokens);
  json.Begin("usage", '{');
  json.Number("prompt_tokens", prompt);
  json.Number("completion_tokens", tokens.output);
  json.Number("total_tokens", prompt + tokens.output);
  json.Begin("prompt_tokens_details", '{');
  json.Number("cached_tokens", tokens.cache_read);
  const std::int64_t written = tokens.cache_write_5m + tokens.cache_write_1h;
  if (written > 0) json.Number("cache_write_tokens", written);
  json.End('}');
  json.Begin("completion_tokens_details", '{');
  json.Number("reasoning_tokens", tokens.reasoning);
  json.End('}');
  json.End('}');
}

void WriteHead(const AnswerContext& context, std::string_view object, std::string_view model,
               JsonOut& json) {
  json.Key("id");
  StrAppend(json.out(), "\"chatcmpl-", context.id, '"');
  json.Text("object", object);
  json.Number("created", context.created_unix_s);
  if (model.empty()) {
    json.Plain("model", context.model);
  } else {
    json.Text("model", model);
  }
}

}  // namespace weir::relay::openai_chat
