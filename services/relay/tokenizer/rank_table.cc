#include "services/relay/tokenizer/rank_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir::relay {
namespace {

constexpr std::size_t kHeadNumbers = 2;
constexpr std::size_t kNumberBytes = sizeof(std::uint32_t);

// FNV-1a: the table is made from published tokens, nobody can choose what collides.
std::uint32_t HashOf(std::string_view text) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 16'777'619U;
  }
  return hash ^ (hash >> 15U);
}

void Append(std::uint32_t number, std::string& out) {
  out.append(reinterpret_cast<const char*>(&number), kNumberBytes);
}

std::vector<std::uint32_t> SlotsOf(std::span<const std::string> tokens) {
  std::vector<std::uint32_t> slots(std::bit_ceil(2 * tokens.size() + 1), 0);
  for (std::size_t rank = 0; rank < tokens.size(); ++rank) {
    std::size_t slot = HashOf(tokens[rank]) & (slots.size() - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = static_cast<std::uint32_t>(rank + 1);
  }
  return slots;
}

}  // namespace

std::string MakeRankTable(std::span<const std::string> tokens) {
  const std::vector<std::uint32_t> slots = SlotsOf(tokens);
  std::string out;
  Append(static_cast<std::uint32_t>(tokens.size()), out);
  Append(static_cast<std::uint32_t>(slots.size()), out);
  for (const std::uint32_t slot : slots) Append(slot, out);
  std::uint32_t offset = 0;
  for (const std::string& token : tokens) {
    Append(offset, out);
    offset += static_cast<std::uint32_t>(token.size());
  }
  Append(offset, out);
  for (const std::string& token : tokens) out += token;
  return out;
}

RankTable::RankTable(std::string_view bytes) {
  const auto* numbers = reinterpret_cast<const std::uint32_t*>(bytes.data());
  tokens_ = numbers[0];
  slots_ = numbers[1];
  slot_ = numbers + kHeadNumbers;
  offset_ = slot_ + slots_;
  text_ = reinterpret_cast<const char*>(offset_ + tokens_ + 1);
  token_bytes_max_ = 0;
  for (std::uint32_t rank = 0; rank < tokens_; ++rank) {
    token_bytes_max_ = std::max(token_bytes_max_, TokenAt(rank).size());
  }
}

std::string_view RankTable::TokenAt(std::uint32_t rank) const {
  return {text_ + offset_[rank], offset_[rank + 1] - offset_[rank]};
}

std::int32_t RankTable::Find(std::string_view text) const {
  if (text.size() > token_bytes_max_) return kNone;
  for (std::uint32_t slot = HashOf(text) & (slots_ - 1); slot_[slot] != 0;
       slot = (slot + 1) & (slots_ - 1)) {
    const std::uint32_t rank = slot_[slot] - 1;
    if (TokenAt(rank) == text) return static_cast<std::int32_t>(rank);
  }
  return kNone;
}

}  // namespace weir::relay
