#include "services/admin/away_memory.h"

#include <gtest/gtest.h>

#include "libs/common/clock.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kMs = AwayMemory::kRememberedMs;

TEST(AwayMemoryTest, WhoAnswersIsAskedByAll) {
  FakeClock clock;
  AwayMemory memory(clock);
  EXPECT_TRUE(memory.MayAsk());
  EXPECT_TRUE(memory.MayAsk());
  memory.Answered();
  EXPECT_TRUE(memory.MayAsk());
}

TEST(AwayMemoryTest, WhoWasSilentIsAskedLaterByOneAtATime) {
  FakeClock clock;
  AwayMemory memory(clock);
  memory.WasSilent();
  EXPECT_FALSE(memory.MayAsk());
  clock.AdvanceMs(kMs - 1);
  EXPECT_FALSE(memory.MayAsk());
  clock.AdvanceMs(1);
  EXPECT_TRUE(memory.MayAsk()) << "somebody has to find out";
  EXPECT_FALSE(memory.MayAsk()) << "the others do not wait beside it";
  clock.AdvanceMs(kMs);
  EXPECT_TRUE(memory.MayAsk()) << "the one that asked was never heard of again";
  memory.Answered();
  EXPECT_TRUE(memory.MayAsk());
  EXPECT_TRUE(memory.MayAsk());
}

TEST(AwayMemoryTest, AClockThatIsSetBackKeepsNobodyAway) {
  FakeClock clock;
  AwayMemory memory(clock);
  memory.WasSilent();
  clock.AdvanceMs(-3'600'000);
  EXPECT_TRUE(memory.MayAsk());
}

}  // namespace
}  // namespace weir::admin
