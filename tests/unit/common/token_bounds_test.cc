#include "libs/common/token_bounds.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(TokenBoundsTest, AppliesToWhatIsAsked) {
  const TokenBounds bounds{100, 4'000, 500};
  EXPECT_EQ(bounds.Applied(50), 100);
  EXPECT_EQ(bounds.Applied(700), 700);
  EXPECT_EQ(bounds.Applied(9'000), 4'000);
  EXPECT_EQ(bounds.Applied(-1), 500) << "none named";
  EXPECT_EQ(bounds.Applied(0), 0) << "a warm-up";
}

TEST(TokenBoundsTest, WhatIsNotSetChangesNothing) {
  const TokenBounds none;
  EXPECT_EQ(none.Applied(7), 7);
  EXPECT_EQ(none.Applied(-1), -1);
  const TokenBounds most{0, 4'000, 0};
  EXPECT_EQ(most.Applied(-1), 4'000) << "a request that names none may have the most";
}

}  // namespace
}  // namespace weir
