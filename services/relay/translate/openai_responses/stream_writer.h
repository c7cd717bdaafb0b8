// Neutral events as the event stream of OpenAI Responses: items that are opened and closed as the
// kind of what comes changes, every event numbered. No I/O.
//
// The last event tells the whole answer once more, so it is held until then, once, and as much as
// no model says. Calls whose arguments are not whole stay open beside what follows,
// since every event says whose it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "services/relay/translate/openai_responses/output_items.h"
#include "services/relay/translate/openai_responses/text_input.h"

namespace weir::relay::openai_responses {

class StreamWriter : public AnswerWriter {
 public:
  static constexpr std::size_t kAnswerBytesMax = 4 * 1024 * 1024;

  // `context` must outlive it.
  explicit StreamWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;
  void BreakOff(std::string_view message) override;
  std::size_t held_bytes() const override { return out_.capacity() + held_bytes_; }
  std::int64_t events() const override { return sequence_; }

 private:
  struct OpenCall {
    std::size_t call = 0;
    std::size_t item = 0;
    JsonBalance balance;
    TextInput input;    // of a tool that takes text,
    std::string whole;  // and its arguments, until they turn out to be that
  };

  // One event around what is written in between.
  void Open(std::string_view type);
  void Close() { out_ += "}\n\n"; }
  // The same, with the members that say which item it is about.
  void OpenFor(std::string_view type, std::size_t item);
  // And which piece of it.
  void OpenForPiece(std::string_view type, std::size_t item);

  void Begin(const AnswerEvent& event);
  void WriteWhole(std::string_view type, const ResponseEnd& end);
  void Say(OutputItem::Kind kind, std::string_view text);
  void OnSignature(std::string_view signature);
  void AddOwn(std::string_view json);
  void AddItem(OutputItem item);
  void OpenText(OutputItem::Kind kind);
  void OpenPiece(std::size_t item);
  void CloseText(bool cut_off);
  void FinishItem(std::size_t item, bool cut_off);
  void OnCall(const AnswerEvent& event);
  void OnArguments(const AnswerEvent& event);
  void WriteArguments(std::size_t item, std::string_view piece);
  void CloseCall(OpenCall& call, bool cut_off);
  // Those whose arguments are whole; all of them when nothing more will come.
  void CloseCalls(bool all, bool cut_off);
  void Hold(std::string& held, std::string_view piece);
  void Forget(std::string& held);
  void End();
  void Fail(const AnswerEvent& event);
  void WriteFailed(std::string_view code, std::string_view message);

  const AnswerContext& context_;
  ResponseName name_;
  std::vector<OutputItem> items_;
  bool text_open_ = false;   // the last item is no call, and more of it may come
  bool piece_open_ = false;  // its piece has begun
  std::vector<OpenCall> calls_;
  std::size_t held_bytes_ = 0;    // of memory,
  std::size_t answer_bytes_ = 0;  // and what is told of it
  std::int64_t sequence_ = 0;
  StopReason stop_ = StopReason::kEnd;
  bool over_ = false;
};

}  // namespace weir::relay::openai_responses
