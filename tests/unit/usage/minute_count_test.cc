#include "services/usage/minute_count.h"

#include <gtest/gtest.h>

namespace weir::usage {
namespace {

TEST(MinuteCountTest, CountsTheSixtySecondsThatEndNow) {
  MinuteCount count;
  EXPECT_EQ(count.Sum(0), 0);
  count.Add(0, 1);
  count.Add(0, 2);
  count.Add(1, 10);
  count.Add(59, 100);
  EXPECT_EQ(count.Sum(59), 113);
  EXPECT_EQ(count.Sum(60), 110) << "a minute ago is over";
  count.Add(60, 1'000);
  EXPECT_EQ(count.Sum(60), 1'110);
  EXPECT_EQ(count.Sum(118), 1'100);
  EXPECT_EQ(count.Sum(120), 0);
  EXPECT_EQ(count.Sum(1'000'000), 0);
}

}  // namespace
}  // namespace weir::usage
