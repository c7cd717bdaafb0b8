// What whole completions and chunks have in common. No I/O.
#pragma once

#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::openai_chat {

// Chat has one text, where an answer may speak, think or call, and speak on.
class TextGaps {
 public:
  static constexpr std::string_view kBetween = R"(\n\n)";  // escaped

  // Each event of the answer; true for text that goes on behind something else.
  bool Resumes(AnswerEventKind kind) {
    const bool speaks = kind == AnswerEventKind::kText;
    const bool resumes = speaks && spoken_ && apart_;
    spoken_ = spoken_ || speaks;
    apart_ = !speaks;
    return resumes;
  }

 private:
  bool spoken_ = false;
  bool apart_ = false;
};

// Of a kStop.
std::string_view FinishWord(const AnswerEvent& event);

// The member `usage`: prompt_tokens with what was cached.
void WriteUsage(const TokenCounts& tokens, JsonOut& json);

// `"id":…,"object":…,"created":…,"model":…`, as members.
void WriteHead(const AnswerContext& context, std::string_view object, std::string_view model,
               JsonOut& json);

}  // namespace weir::relay::openai_chat
