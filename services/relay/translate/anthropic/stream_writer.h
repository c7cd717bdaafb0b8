// Neutral events as Anthropic's event stream: one content block after the other, each opened and
// closed as the kind of what comes changes. No I/O.
//
// OpenAI's parallel calls may come interleaved, and with text in between; Anthropic's blocks may
// not: while a call's arguments are not whole, all else is held back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/anthropic/own_members.h"
#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::anthropic {

class StreamWriter : public AnswerWriter {
 public:
  // `context` must outlive it.
  explicit StreamWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;
  std::size_t held_bytes() const override { return out_.capacity() + waiting_bytes_; }

 private:
  enum class Block : std::uint8_t { kNone, kText, kThinking, kTool, kOwn };
  struct WaitingCall {
    std::size_t call = 0;
    std::string id;
    std::string name;
    std::string arguments;

    std::size_t bytes() const {
      return sizeof(WaitingCall) + id.size() + name.size() + arguments.size();
    }
  };
  struct HeldPiece {
    AnswerEventKind kind = AnswerEventKind::kText;
    std::string text;

    std::size_t bytes() const { return sizeof(HeldPiece) + text.size(); }
  };

  void Begin(const AnswerEvent& event);
  bool CallIsOpen() const { return open_ == Block::kTool && !balance_.closed(); }
  void HoldBack(AnswerEventKind kind, std::string_view text);
  void Hold(std::size_t bytes);
  void Tell(AnswerEventKind kind, std::string_view text);
  void Say(Block kind, std::string_view text);
  void OnSignature(std::string_view payload);
  void WriteOwn(std::string_view block);
  void OpenBlock();
  void OpenText(Block kind);
  void OpenCall(std::size_t call, std::string_view id, std::string_view name);
  void CloseBlock();
  void OnCall(const AnswerEvent& event);
  void OnArguments(const AnswerEvent& event);
  void WriteArguments(std::string_view piece);
  // What waited, once no call is open: what was said, then calls, one after the other. Those
  // without arguments wait on, but when nothing more will come.
  void WriteWaiting(bool all);
  void Delta(std::string_view type, std::string_view field, std::string_view text);
  void End();

  const AnswerContext& context_;
  Block open_ = Block::kNone;
  std::int64_t index_ = 0;     // of the open block, or of the next one
  std::size_t open_call_ = 0;  // kTool
  JsonBalance balance_;        // of its arguments
  bool has_signature_ = false;
  std::vector<WaitingCall> waiting_;
  std::vector<HeldPiece> held_;  // what was said since the open call began
  std::size_t waiting_bytes_ = 0;
  OwnMembers own_members_;
  std::string stop_word_ = "end_turn";
  std::string stop_sequence_;
  bool over_ = false;
};

}  // namespace weir::relay::anthropic
