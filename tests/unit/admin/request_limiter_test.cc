#include "services/admin/http/request_limiter.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

TEST(RequestLimiterTest, AMinutesRequestsThenEvenly) {
  FakeClock clock(1'000'000);
  RequestLimiter limiter(60, clock);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 0) << i;
  EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 1);
  EXPECT_EQ(limiter.WaitSeconds("2.2.2.2"), 0) << "another address has its own";
  clock.AdvanceMs(999);
  EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 1);
  clock.AdvanceMs(1);
  EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 0);
  EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 1);
  clock.AdvanceMs(60'000);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 0) << i;
  EXPECT_EQ(limiter.WaitSeconds("1.1.1.1"), 1);
}

TEST(RequestLimiterTest, SaysHowLong) {
  FakeClock clock(1'000'000);
  RequestLimiter limiter(1, clock);
  EXPECT_EQ(limiter.WaitSeconds("a"), 0);
  EXPECT_EQ(limiter.WaitSeconds("a"), 60);
  clock.AdvanceMs(30'000);
  EXPECT_EQ(limiter.WaitSeconds("a"), 30);
}

TEST(RequestLimiterTest, NoneIsNone) {
  FakeClock clock(1'000'000);
  RequestLimiter limiter(0, clock);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(limiter.WaitSeconds("a"), 0);
}

TEST(RequestLimiterTest, MadeUpAddressesDoNotGrowIt) {
  FakeClock clock(1'000'000);
  RequestLimiter limiter(1, clock);
  for (int i = 0; i < 250'000; ++i) limiter.WaitSeconds(std::to_string(i));
  EXPECT_EQ(limiter.WaitSeconds("249999"), 60) << "the last are still known";
}

TEST(RequestLimiterTest, AClockThatIsSetBackLocksNobodyOut) {
  FakeClock clock(100'000'000);
  RequestLimiter limiter(60, clock);
  for (int i = 0; i < 60; ++i) limiter.WaitSeconds("a");
  clock.AdvanceMs(-50'000'000);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limiter.WaitSeconds("a"), 0) << i;
  EXPECT_EQ(limiter.WaitSeconds("a"), 1) << "and then it counts again";
}

}  // namespace
}  // namespace weir::admin
