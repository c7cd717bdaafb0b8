#include "services/relay/tokenizer/rank_table.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(RankTableTest, FindsWhatIsInItAndNothingElse) {
  const std::vector<std::string> tokens = {"a", "b", std::string("\0", 1), "ab", "\xff\xfe"};
  const std::string bytes = MakeRankTable(tokens);
  const RankTable table(bytes);
  EXPECT_EQ(table.size(), tokens.size());
  EXPECT_EQ(table.token_bytes_max(), 2U);
  for (std::size_t rank = 0; rank < tokens.size(); ++rank) {
    EXPECT_EQ(table.Find(tokens[rank]), static_cast<std::int32_t>(rank));
  }
  for (const char* other : {"", "c", "ba", "abc"}) EXPECT_EQ(table.Find(other), RankTable::kNone);
}

TEST(RankTableTest, EmptyHoldsNothing) {
  const std::string bytes = MakeRankTable({});
  EXPECT_EQ(RankTable(bytes).Find("a"), RankTable::kNone);
}

TEST(RankTableTest, O200kIsThePublishedOne) {
  const RankTable& ranks = O200kRanks();
  EXPECT_EQ(ranks.size(), 199'998U);
  EXPECT_EQ(ranks.Find("!"), 0);
  EXPECT_EQ(ranks.Find(" the"), 290);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    EXPECT_GE(ranks.Find(one), 0) << "every byte is a token, or a text could have none";
  }
}

}  // namespace
}  // namespace weir::relay
