#include "services/relay/accounts/window_uses.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

TEST(WindowUses, OfTheWindowsThatAnAnswerNames) {
  RateReading reading;
  EXPECT_FALSE(WindowUsesOf(reading, kNow).has_value());
  reading.any = true;
  EXPECT_FALSE(WindowUsesOf(reading, kNow).has_value()) << "limits, but no window";
  reading.windows[1] = {.used_basis_points = 0, .reset = "1700000060"};
  const auto week = WindowUsesOf(reading, kNow);
  ASSERT_TRUE(week.has_value()) << "nothing used is a word too";
  EXPECT_EQ(week->at(0).used_basis_points, -1);
  EXPECT_EQ(week->at(1).used_basis_points, 0);
  EXPECT_EQ(week->at(1).resets_at_unix_ms, kNow + 60'000);
  reading.windows[0] = {.used_basis_points = 12'345, .reset = "soon"};
  const auto both = WindowUsesOf(reading, kNow);
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->at(0).used_basis_points, 12'345) << "more than all of it";
  EXPECT_EQ(both->at(0).resets_at_unix_ms, 0) << "not readable";
  EXPECT_EQ(both->at(1).used_basis_points, 0);
}

}  // namespace
}  // namespace weir::relay
