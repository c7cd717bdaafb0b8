#include "libs/common/backoff.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(BackoffTest, GrowsByTwoToItsLimit) {
  for (int round = 0; round < 100; ++round) {
    Backoff backoff(100, 1'000);
    for (const std::int64_t step : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
      const std::int64_t delay = backoff.NextDelayMs();
      EXPECT_GE(delay, step / 2);
      EXPECT_LE(delay, step);
    }
    backoff.Reset();
    EXPECT_LE(backoff.NextDelayMs(), 100);
  }
}

TEST(BackoffTest, IsNotTheSameForAll) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = 0;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t delay = Backoff(1'000, 1'000).NextDelayMs();
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GT(most - least, 100);
}

TEST(BackoffTest, TakesOddSettings) {
  EXPECT_LE(Backoff(0, 0).NextDelayMs(), 1);
  EXPECT_LE(Backoff(-5, -9).NextDelayMs(), 1);
  Backoff above_its_limit(50, 10);
  above_its_limit.NextDelayMs();
  EXPECT_LE(above_its_limit.NextDelayMs(), 50);
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  Backoff huge(kMax / 2 + 1, kMax);
  for (int i = 0; i < 3; ++i) EXPECT_GT(huge.NextDelayMs(), 0);
}

}  // namespace
}  // namespace weir
