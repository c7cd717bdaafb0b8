// Blocks of a conversation that only their maker can read again: Anthropic's thinking with its
// signature, and redacted thinking; OpenAI's reasoning items with encrypted content, each of which
// counts as a message of one block. Where they stand, and how to leave them out so that the rest is
// still a proper request. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

class SignedBlocks {
 public:
  // Looks into the messages only when the words for such blocks stand in there. `body` as for
  // ScanRequest.
  static SignedBlocks Find(Dialect dialect, const RequestFacts& facts, std::string_view body);

  // One for each signed block, in their order: the hash of its signature (of its data when it is
  // redacted), or kOwnSignatureHash.
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }

  // The edits that leave out the blocks with drop[i]. A message that is left without content goes
  // as a whole, since an empty one is refused; its neighbours of one role count as one message.
  // `disable_thinking`: the tool calls that are being answered have lost their thinking, without
  // which they are refused while thinking is on (but for the adaptive kind).
  struct Drop {
    std::vector<BodyEdit> edits;
    bool disable_thinking = false;
  };
  Drop Without(const std::vector<bool>& drop, const RequestFacts& facts,
               std::string_view body) const;

 private:
  struct Block {
    Span place;
    bool is_signed = false;
    bool is_tool_use = false;
    std::size_t hash_index = 0;  // when it is signed
    std::size_t array = 0;       // of the message's, from 0
  };
  struct Message {
    Span place;
    bool is_assistant = false;
    bool answers_tools = false;
    std::size_t arrays = 0;  // of blocks: one, but where content stands twice
    std::vector<Block> blocks;
  };

  friend class SignedBlocksReader;

  bool CutBlocks(const Message& message, const std::vector<bool>& drop,
                 std::vector<BodyEdit>& edits) const;
  bool LosesItsThinking(const std::vector<bool>& drop) const;

  std::vector<Message> messages_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace weir::relay
