// Neutral events as one whole Anthropic message. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/anthropic/own_block.h"
#include "services/relay/translate/anthropic/own_members.h"
#include "services/relay/translate/neutral/answer_event.h"

namespace weir::relay::anthropic {

class WholeWriter : public AnswerWriter {
 public:
  // `context` must outlive it.
  explicit WholeWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;

 private:
  enum class Block : std::uint8_t { kNone, kText, kThinking };
  struct Call {
    std::string id;
    std::string name;
    std::string arguments;  // escaped
  };

  void Say(Block kind, std::string_view text);
  void CloseBlock();
  void OpenOwn(std::string_view block);
  void AddToOwn(const AnswerEvent& event);
  void WriteCalls();
  void End();

  const AnswerContext& context_;
  std::string id_;
  std::string model_;
  std::string content_;  // the blocks so far
  Block open_ = Block::kNone;
  OwnBlock own_;
  OwnMembers own_members_;
  std::string signature_;
  std::vector<Call> calls_;  // they come last
  std::string stop_word_ = "end_turn";
  std::string stop_sequence_;
};

}  // namespace weir::relay::anthropic
