#include "services/relay/signatures/signature_table.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::uint64_t kOurs = 1;
constexpr std::uint64_t kTheirs = 2;

TEST(SignatureTable, RemembersWhoMadeThem) {
  SignatureTable table;
  EXPECT_FALSE(table.Find(7).has_value());
  table.Learn(std::vector<std::uint64_t>{7, 8}, {kOurs, true});
  ASSERT_TRUE(table.Find(8).has_value());
  EXPECT_EQ(table.Find(8)->family, kOurs);
  table.Learn(std::vector<std::uint64_t>{8}, {kTheirs, false});
  EXPECT_FALSE(table.Find(8)->made);
}

TEST(SignatureTable, ForgetsWhatNobodyAsksFor) {
  SignatureTable table(100);
  table.Learn(std::vector<std::uint64_t>{1, 2}, {kOurs, true});
  for (std::uint64_t hash = 1'000; hash < 1'400; ++hash) {
    table.Learn(std::vector<std::uint64_t>{hash}, {kTheirs, true});
    EXPECT_TRUE(table.Find(1).has_value()) << "asked for each time";
  }
  EXPECT_FALSE(table.Find(2).has_value());
  EXPECT_FALSE(table.Find(1'000).has_value());
  EXPECT_TRUE(table.Find(1'399).has_value());
}

TEST(MayGoTo, ToItsMakerElseWhereTheConversationIsAtHome) {
  const SignatureMaker ours{kOurs, true};
  EXPECT_TRUE(MayGoTo(kOurs, kTheirs, ours));
  EXPECT_FALSE(MayGoTo(kTheirs, kTheirs, ours));
  EXPECT_TRUE(MayGoTo(kOurs, kOurs, std::nullopt));
  EXPECT_FALSE(MayGoTo(kTheirs, kOurs, std::nullopt));
  const SignatureMaker not_ours{kOurs, false};
  EXPECT_FALSE(MayGoTo(kOurs, kOurs, not_ours));
  EXPECT_TRUE(MayGoTo(kTheirs, kTheirs, not_ours));
  EXPECT_FALSE(MayGoTo(kTheirs, kOurs, not_ours));
}

}  // namespace
}  // namespace weir::relay
