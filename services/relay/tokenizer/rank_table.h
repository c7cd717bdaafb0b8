// The ranks of a byte-pair encoding, as a table that is used where it lies in the program's file:
// looking one up touches a page or two, and nothing is built at start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::relay {

// The rank of a token is also its number. The text of each token, in the order of the ranks.
//
// Layout: tokens, slots (a power of two), then slots × (rank + 1, 0 = empty), then tokens + 1
// offsets into the bytes that follow. All numbers are 32 bits in the machine's own order: the table
// is made on the machine that builds the program, or for its like.
class RankTable {
 public:
  static constexpr std::int32_t kNone = -1;

  // `bytes` is what MakeRankTable made; aligned to 4, and outlives this object.
  explicit RankTable(std::string_view bytes);

  // kNone: no token has this text.
  std::int32_t Find(std::string_view text) const;
  std::size_t size() const { return tokens_; }
  // Of the token with the greatest one.
  std::size_t token_bytes_max() const { return token_bytes_max_; }

 private:
  std::string_view TokenAt(std::uint32_t rank) const;

  std::uint32_t tokens_;
  std::uint32_t slots_;
  const std::uint32_t* slot_;
  const std::uint32_t* offset_;
  const char* text_;
  std::size_t token_bytes_max_;
};

// For the program that makes the table at build time, and for tests.
std::string MakeRankTable(std::span<const std::string> tokens);

// OpenAI's o200k_base, the encoding of its models since gpt-4o.
const RankTable& O200kRanks();

}  // namespace weir::relay
