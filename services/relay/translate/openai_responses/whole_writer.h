// Neutral events as one whole OpenAI response. No I/O.
#pragma once

#include <string>
#include <vector>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/openai_responses/output_items.h"

namespace weir::relay::openai_responses {

class WholeWriter : public AnswerWriter {
 public:
  // `context` must outlive it.
  explicit WholeWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;

 private:
  void Say(OutputItem::Kind kind, std::string_view text);
  OutputItem& ItemOf(OutputItem::Kind kind);
  void End();

  const AnswerContext& context_;
  ResponseName name_;
  std::vector<OutputItem> items_;
  std::vector<std::size_t> calls_;  // the places of the calls among the items
  StopReason stop_ = StopReason::kEnd;
};

}  // namespace weir::relay::openai_responses
