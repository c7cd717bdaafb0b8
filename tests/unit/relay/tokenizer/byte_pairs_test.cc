#include "services/relay/tokenizer/byte_pairs.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

using Tokens = std::vector<std::int32_t>;

const std::vector<std::string>& SmallTokens() {
  static const std::vector<std::string> tokens = {"a", "b", "c", "ab", "bc", "aa", "abc", "aaaa"};
  return tokens;
}

Tokens Encode(const RankTable& ranks, std::string_view piece) {
  Tokens tokens;
  BytePairs(ranks).Encode(piece, tokens);
  return tokens;
}

// The definition, as slow as it is plain: merge the smallest rank, the leftmost of equals.
Tokens EncodePlainly(const RankTable& ranks, std::string_view piece) {
  std::vector<std::string> parts;
  for (const char letter : piece) parts.emplace_back(1, letter);
  while (true) {
    std::int32_t best = RankTable::kNone;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::int32_t rank = ranks.Find(parts[i] + parts[i + 1]);
      if (rank == RankTable::kNone || (best != RankTable::kNone && rank >= best)) continue;
      best = rank;
      at = i;
    }
    if (best == RankTable::kNone) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  Tokens tokens;
  for (const std::string& part : parts) tokens.push_back(ranks.Find(part));
  return tokens;
}

TEST(BytePairsTest, MergesTheSmallestRankFirst) {
  const std::string bytes = MakeRankTable(SmallTokens());
  const RankTable ranks(bytes);
  EXPECT_EQ(Encode(ranks, ""), Tokens({}));
  EXPECT_EQ(Encode(ranks, "a"), Tokens({0}));
  EXPECT_EQ(Encode(ranks, "abc"), Tokens({6}));
  EXPECT_EQ(Encode(ranks, "bcab"), Tokens({4, 3}));
  EXPECT_EQ(Encode(ranks, "aaaaaaa"), Tokens({7, 5, 0}));
}

TEST(BytePairsTest, IsTheDefinitionOnRandomPieces) {
  const std::string bytes = MakeRankTable(SmallTokens());
  const RankTable small(bytes);
  std::mt19937 random(7);
  for (int round = 0; round < 3'000; ++round) {
    std::string piece(random() % 24, 'a');
    for (char& letter : piece) letter = static_cast<char>('a' + random() % 3);
    EXPECT_EQ(Encode(small, piece),
              small.Find(piece) >= 0 ? Tokens({small.Find(piece)}) : EncodePlainly(small, piece))
        << piece;
    for (char& letter : piece) letter = static_cast<char>(random());
    EXPECT_EQ(Encode(O200kRanks(), piece), EncodePlainly(O200kRanks(), piece));
  }
}

}  // namespace
}  // namespace weir::relay
