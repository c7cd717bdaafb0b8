// Answers of Anthropic upstreams into neutral events: named events as they come, and whole
// messages. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::anthropic {

struct EventFields;

class MessageReader : public AnswerReader {
 public:
  // `context` must outlive it.
  explicit MessageReader(const AnswerContext& context) : context_(context) {}

  bool ReadEvent(const SseEvent& event, AnswerSink& sink) override;
  bool ReadWhole(std::string_view body, AnswerSink& sink) override;

 private:
  // What the blocks of the last kind say is for no other protocol.
  enum class Block : std::uint8_t { kNone, kTool, kText, kOwn };

  void OpenBlock(const EventFields& fields, AnswerSink& sink);
  void CloseBlock(AnswerSink& sink);
  void Delta(const EventFields& fields, AnswerSink& sink);
  void OpenAsItIs(const EventFields& fields, AnswerSink& sink);
  void DeltaAsItIs(const EventFields& fields, AnswerSink& sink);
  void Stop(const EventFields& fields, AnswerSink& sink);
  void TellArguments(std::string_view escaped, AnswerSink& sink);
  bool ReadMessage(ondemand::value root, JsonReader& in, AnswerSink& sink);

  const AnswerContext& context_;
  bool over_ = false;
  Block open_ = Block::kNone;
  std::size_t calls_ = 0;       // begun so far
  bool has_arguments_ = false;  // the open one
  std::string signature_;       // of the open one: told with its end
};

}  // namespace weir::relay::anthropic
