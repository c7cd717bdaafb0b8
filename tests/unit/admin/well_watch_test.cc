#include "services/admin/alerts/well_watch.h"

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

constexpr std::int64_t kBegin = 1'750'000'000'000;
constexpr std::int64_t kLook = 5'000;

TEST(WellMemoryTest, ItIsWellSinceTheFirstLookOfARow) {
  WellMemory memory;
  EXPECT_EQ(memory.Read().watching_since_ms, 0);
  memory.Note(true, kBegin);
  memory.Note(true, kBegin + kLook);
  EXPECT_EQ(memory.Read().well_since_ms, kBegin);
  memory.Note(false, kBegin + 2 * kLook);
  EXPECT_EQ(memory.Read().well_since_ms, 0);
  memory.Note(true, kBegin + 3 * kLook);
  memory.Note(true, kBegin + 4 * kLook);
  EXPECT_EQ(memory.Read().well_since_ms, kBegin + 3 * kLook);
  EXPECT_EQ(memory.Read().watching_since_ms, kBegin);
}

TEST(WellMemoryTest, WhatNobodyLookedAtWasNotWatched) {
  WellMemory memory;
  memory.Note(true, kBegin);
  const std::int64_t after = kBegin + WellMemory::kGapMsMax + 1;
  memory.Note(true, after);
  EXPECT_EQ(memory.Read().well_since_ms, after);
  EXPECT_EQ(memory.Read().watching_since_ms, after);
  const std::int64_t set_back = kBegin - kLook;
  memory.Note(true, set_back);
  EXPECT_EQ(memory.Read().well_since_ms, set_back) << "not since a moment that is yet to come";
}

TEST(RelaysAreWellTest, AllAreConnectedAndNoneRefusesOrLacksItsRedis) {
  EXPECT_FALSE(RelaysAreWell({}));
  RelayState relay;
  relay.connected = true;
  EXPECT_TRUE(RelaysAreWell({relay}));
  EXPECT_FALSE(RelaysAreWell({RelayState{}, relay})) << "it has gone, and may be down";
  RelayState refuses = relay;
  refuses.nacked_revision = 4;
  EXPECT_FALSE(RelaysAreWell({relay, refuses}));
  RelayState without = relay;
  without.figures = RelayFigures{.redis = RedisState::kAway};
  EXPECT_FALSE(RelaysAreWell({relay, without}));
}

}  // namespace
}  // namespace weir::admin
