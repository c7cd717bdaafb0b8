// Answers of OpenAI Responses upstreams into neutral events: events as they come, and whole
// responses. Takes what compatible servers make of them, too. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/answer_event.h"

namespace weir::relay::openai_responses {

struct EventFields;
struct ItemFields;
struct ResponseFields;

class ResponseReader : public AnswerReader {
 public:
  // `context` must outlive it.
  explicit ResponseReader(const AnswerContext& context) : context_(context) {}

  bool ReadEvent(const SseEvent& event, AnswerSink& sink) override;
  bool ReadWhole(std::string_view body, AnswerSink& sink) override;

 private:
  // What has been told of an item that has begun and not ended.
  struct OpenItem {
    std::int64_t index = -1;  // its place in the output; -1 = the server numbers none
    bool is_call = false;
    std::size_t call = 0;      // is_call
    bool told = false;         // any text, thinking or arguments
    std::string_view told_by;  // its thinking: as a summary, or as it is. A literal
    std::int64_t part = 0;     // of its content, or of the summary: the one told last
  };

  void Tell(const EventFields& fields, AnswerSink& sink);
  void Begin(const ResponseFields& response, AnswerSink& sink);
  OpenItem& ItemAt(std::int64_t index);
  void OpenCall(const ItemFields& item, OpenItem& open, AnswerSink& sink);
  void TellPiece(AnswerEventKind kind, const EventFields& fields, std::string_view text,
                 AnswerSink& sink);
  void TellText(AnswerEventKind kind, std::string_view text, OpenItem& open, AnswerSink& sink);
  void TellThinking(const EventFields& fields, OpenItem& open, AnswerSink& sink);
  void TellArguments(std::string_view escaped, OpenItem& open, AnswerSink& sink);
  void CloseItem(const ItemFields& item, std::int64_t index, AnswerSink& sink);
  void TellRest(const ItemFields& item, OpenItem& open, AnswerSink& sink);
  void End(const ResponseFields& response, bool incomplete, AnswerSink& sink);

  const AnswerContext& context_;
  bool begun_ = false;
  bool over_ = false;
  bool any_told_ = false;  // of what the model wrote
  bool refused_ = false;
  bool speaks_ = false;    // what was told last is text, and no item has begun since
  std::size_t calls_ = 0;  // begun so far
  std::vector<OpenItem> items_;
  std::string made_;  // text that stands nowhere in the event
};

}  // namespace weir::relay::openai_responses
