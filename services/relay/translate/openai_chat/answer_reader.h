// Answers of Chat Completions upstreams into neutral events: chunks as they come, and whole
// completions. Takes what compatible servers make of them, too. No I/O.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/answer_event.h"

namespace weir::relay::openai_chat {

struct CallPiece;
struct Choice;

class ChatAnswerReader : public AnswerReader {
 public:
  // `context` must outlive it.
  explicit ChatAnswerReader(const AnswerContext& context) : context_(context) {}

  bool ReadEvent(const SseEvent& event, AnswerSink& sink) override;
  bool ReadWhole(std::string_view body, AnswerSink& sink) override;
  void ReadEnd(AnswerSink& sink) override;

 private:
  bool ReadChunk(std::string_view json, bool padded, bool whole, AnswerSink& sink);
  void Tell(const Choice& choice, bool whole, AnswerSink& sink);
  void TellPiece(const CallPiece& piece, bool whole, AnswerSink& sink);
  void Begin(std::string_view model, AnswerSink& sink);
  std::size_t CallOf(const CallPiece& piece) const;

  struct Call {
    std::int64_t index = -1;  // upstream; -1 = it numbers none
    std::size_t id = 0;       // hashed
  };

  const AnswerContext& context_;
  bool begun_ = false;
  bool ended_ = false;
  bool stopped_ = false;     // it has said why it ends
  bool refused_ = false;     // in words
  std::vector<Call> calls_;  // in the order in which they began
};

}  // namespace weir::relay::openai_chat
