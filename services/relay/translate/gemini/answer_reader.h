// Answers of Gemini upstreams into neutral events: chunks of streams as they come, and whole ones,
// which look alike. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "services/relay/translate/neutral/answer_event.h"

namespace weir::relay::gemini {

struct AnswerPart;
struct Chunk;

class GeminiAnswerReader : public AnswerReader {
 public:
  // `context` must outlive it: calls without an id are named after the request.
  explicit GeminiAnswerReader(const AnswerContext& context) : context_(context) {}

  bool ReadEvent(const SseEvent& event, AnswerSink& sink) override;
  bool ReadWhole(std::string_view body, AnswerSink& sink) override;
  // The protocol has no last event: a stream is over when it ends, if it had said why.
  void ReadEnd(AnswerSink& sink) override;

 private:
  bool ReadText(std::string_view json, bool whole, AnswerSink& sink);
  void Tell(const AnswerPart& part, AnswerSink& sink);
  void TellCall(const AnswerPart& part, AnswerSink& sink);
  void Stop(const Chunk& chunk, AnswerSink& sink);

  const AnswerContext& context_;
  bool begun_ = false;
  bool stopped_ = false;
  bool over_ = false;
  std::size_t calls_ = 0;  // begun so far
};

}  // namespace weir::relay::gemini
