#include "services/relay/limits/rolling_minute.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(RollingMinute, CountsForSixtyOneSeconds) {
  RollingMinute minute;
  EXPECT_EQ(minute.Add(1'000, 5), 1'000U);
  minute.Advance(1'060);
  EXPECT_EQ(minute.sum(), 5);
  EXPECT_EQ(minute.SecondWhenEmpty(1'060), 1'061U);
  minute.Advance(1'061);
  EXPECT_EQ(minute.sum(), 0);
  EXPECT_EQ(minute.SecondWhenEmpty(1'061), 1'061U);
}

TEST(RollingMinute, AClockBehindCountsWithTheNewest) {
  RollingMinute minute;
  minute.Add(100, 1);
  EXPECT_EQ(minute.Add(99, 2), 100U);
  minute.Advance(160);
  EXPECT_EQ(minute.sum(), 3);
  minute.Advance(161);
  EXPECT_EQ(minute.sum(), 0);
}

TEST(RollingMinute, TellsWhenEnoughIsFree) {
  RollingMinute minute;
  minute.Add(10, 4);
  minute.Add(20, 3);
  minute.Add(30, 2);
  EXPECT_EQ(minute.SecondWhenFree(1), 71U);
  EXPECT_EQ(minute.SecondWhenFree(4), 71U);
  EXPECT_EQ(minute.SecondWhenFree(5), 81U);
  EXPECT_EQ(minute.SecondWhenFree(9), 91U);
}

TEST(RollingMinute, TakesBackWhereItWasCountedAndNoMoreThanThat) {
  RollingMinute minute;
  minute.Add(10, 4);
  minute.Add(20, 3);
  minute.TakeBack(10, 3);
  EXPECT_EQ(minute.sum(), 4);
  minute.TakeBack(10, 3);
  EXPECT_EQ(minute.sum(), 3);
  minute.TakeBack(15, 3);  // nothing was counted then
  EXPECT_EQ(minute.sum(), 3);
  minute.Advance(80);
  minute.TakeBack(10, 1);  // forgotten
  EXPECT_EQ(minute.sum(), 3);
}

TEST(RollingMinute, IsTheSumOverTheLastSecondsWhateverHappens) {
  std::mt19937 random(7);
  RollingMinute minute;
  std::map<std::uint32_t, std::int64_t> naive;
  std::uint32_t second = 1'000;
  for (int i = 0; i < 200'000; ++i) {
    const auto below = [&random](std::uint32_t n) {
      return static_cast<std::uint32_t>(random()) % n;
    };
    if (below(8) == 0) second += below(below(20) == 0 ? 200 : 4);
    minute.Advance(second);
    std::erase_if(naive, [&](const auto& slot) { return slot.first + 61 <= second; });
    if (below(4) == 0 && !naive.empty()) {
      const auto slot = std::next(naive.begin(), below(static_cast<std::uint32_t>(naive.size())));
      const std::int64_t amount = below(10);
      minute.TakeBack(slot->first, amount);
      slot->second -= std::min(slot->second, amount);
    } else {
      const std::int64_t amount = below(5);
      minute.Add(second, amount);
      naive[second] += amount;
    }
    std::int64_t sum = 0;
    for (const auto& [when, amount] : naive) sum += amount;
    ASSERT_EQ(minute.sum(), sum) << "step " << i;
  }
}

}  // namespace
}  // namespace weir::relay
