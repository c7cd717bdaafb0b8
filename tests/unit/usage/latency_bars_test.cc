#include "services/usage/latency_bars.h"

#include <gtest/gtest.h>

namespace weir::usage {
namespace {

TEST(LatencyBarsTest, NothingHasNoBars) { EXPECT_TRUE(BarsOf({}, {}).empty()); }

TEST(LatencyBarsTest, AnEdgeBelongsToTheBarThatBeginsThere) {
  const std::vector<LatencyBar> bars = BarsOf({{149, 1}, {150, 2}, {199, 4}, {200, 8}}, {});
  const std::vector<LatencyBar> expected = {
      {.from_ms = 100, .below_ms = 150, .answers = 1, .first_tokens = 0},
      {.from_ms = 150, .below_ms = 200, .answers = 6, .first_tokens = 0},
      {.from_ms = 200, .below_ms = 300, .answers = 8, .first_tokens = 0}};
  EXPECT_EQ(bars, expected);
}

TEST(LatencyBarsTest, EmptyOnesStandBetweenThoseThatAreNot) {
  const std::vector<LatencyBar> bars = BarsOf({{700, 3}}, {{120, 5}});
  ASSERT_EQ(bars.size(), 6U);
  EXPECT_EQ(bars.front(), (LatencyBar{.from_ms = 100, .below_ms = 150, .first_tokens = 5}));
  EXPECT_EQ(bars.back(), (LatencyBar{.from_ms = 700, .below_ms = 1'000, .answers = 3}));
  for (std::size_t i = 1; i < bars.size(); ++i) {
    EXPECT_EQ(bars[i].from_ms, bars[i - 1].below_ms) << "without a gap";
  }
}

TEST(LatencyBarsTest, BothEndsTakeAllThatLiesBeyond) {
  const std::vector<LatencyBar> bars = BarsOf({{0, 1}, {9, 1}, {100'000'000, 1}}, {});
  EXPECT_EQ(bars.front(), (LatencyBar{.from_ms = 0, .below_ms = 10, .answers = 2}));
  EXPECT_EQ(bars.back(), (LatencyBar{.from_ms = 1'000'000, .below_ms = 0, .answers = 1}));
}

}  // namespace
}  // namespace weir::usage
