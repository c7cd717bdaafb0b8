// Neutral events as Chat's chunks. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/openai_chat/answer_words.h"

namespace weir::relay::openai_chat {

class StreamWriter : public AnswerWriter {
 public:
  // `context` must outlive it.
  explicit StreamWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;

 private:
  void Begin(std::string_view model);
  void WriteText(std::string_view field, std::string_view text);
  void WriteCall(const AnswerEvent& event);
  void WriteArguments(const AnswerEvent& event);
  // A chunk around what is written between the two.
  void Open();
  void Close(std::string_view finish);
  void End();

  const AnswerContext& context_;
  std::string head_;  // what every chunk begins with
  TextGaps gaps_;
  std::string finish_ = "stop";
  bool over_ = false;
};

}  // namespace weir::relay::openai_chat
