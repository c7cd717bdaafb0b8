// Byte-pair encoding of one piece of text: the pair with the smallest rank is merged, the leftmost
// of equals first, until no pair is a token.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "services/relay/tokenizer/rank_table.h"

namespace weir::relay {

// Keeps its memory between pieces. For one thread.
class BytePairs {
 public:
  // `ranks` outlives this object.
  explicit BytePairs(const RankTable& ranks) : ranks_(ranks) {}

  // Appends the piece's tokens. O(n log n) in its bytes; at most 2^31 of them.
  void Encode(std::string_view piece, std::vector<std::int32_t>& tokens);

 private:
  // A run of bytes that is a token, linked to its neighbours by place.
  struct Part {
    std::int32_t begin;
    std::int32_t end;
    std::int32_t before;  // -1 = the first
    std::int32_t next;    // -1 = the last
    bool gone = false;    // merged into the one before
  };
  // Two neighbours that make a token. Stale when either has changed since.
  struct Pair {
    std::int32_t rank;
    std::int32_t left;
    std::int32_t end;  // of the two together
  };

  void Start(std::string_view piece);
  void Offer(std::string_view piece, std::int32_t left);
  void Merge(std::string_view piece, std::int32_t left);
  bool IsStale(const Pair& pair) const;

  const RankTable& ranks_;
  std::vector<Part> parts_;
  std::vector<Pair> pairs_;  // a heap: the smallest rank on top
};

}  // namespace weir::relay
