// Neutral events as one whole completion. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/openai_chat/answer_words.h"

namespace weir::relay::openai_chat {

class WholeWriter : public AnswerWriter {
 public:
  // `context` must outlive it.
  explicit WholeWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;

 private:
  struct Call {
    std::string id;
    std::string name;
    std::string arguments;  // escaped
  };

  void WriteMessage();
  void WriteCalls();
  void End();

  const AnswerContext& context_;
  std::string model_;
  std::string text_;
  TextGaps gaps_;
  std::string refusal_;
  std::string thinking_;
  bool has_text_ = false;
  std::vector<Call> calls_;
  std::string finish_ = "stop";
};

}  // namespace weir::relay::openai_chat
