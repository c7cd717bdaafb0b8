#include "services/relay/translate/anthropic/answer_words.h"

#include <array>

namespace weir::relay::anthropic {
namespace {

constexpr std::array<std::string_view, 7> kStops = {"end_turn",
                                                    "max_tokens",
                                                    "tool_use",
                                                    "stop_sequence",
                                                    "refusal",
                                                    "pause_turn",
                                                    "model_context_window_exceeded"};

}  // namespace

std::string_view StopWord(const AnswerEvent& event) {
  return event.code.empty() ? kStops[static_cast<std::size_t>(event.stop)] : event.code;
}

void WriteStop(std::string_view word, std::string_view sequence, JsonOut& json) {
  json.Text("stop_reason", word);
  if (sequence.empty()) {
    json.Raw("stop_sequence", "null");
  } else {
    json.Text("stop_sequence", sequence);
  }
}

void WriteMessageHead(const AnswerContext& context, std::string_view id, std::string_view model,
                      JsonOut& json) {
  json.Text("id", id.empty() ? StrCat("msg_", context.id) : id);
  json.Text("type", "message");
  json.Text("role", "assistant");
  if (model.empty()) {
    json.Plain("model", context.model);
  } else {
    json.Text("model", model);
  }
}

}  // namespace weir::relay::anthropic
