#include "services/relay/snapshot/account_stats.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

TEST(AccountStats, RatesAreByModelAndEnd) {
  AccountStats stats;
  EXPECT_EQ(stats.RatesOf(7, kNow).low_until_unix_ms, 0);
  stats.NoteRates(7, kNow + 100, kNow + 200, kNow);
  EXPECT_EQ(stats.RatesOf(7, kNow).exhausted_until_unix_ms, kNow + 100);
  EXPECT_EQ(stats.RatesOf(7, kNow).low_until_unix_ms, kNow + 200);
  EXPECT_EQ(stats.RatesOf(8, kNow).exhausted_until_unix_ms, 0);
  EXPECT_EQ(stats.RatesOf(7, kNow + 200).low_until_unix_ms, 0) << "not even looked at";
  stats.NoteRates(7, 0, 0, kNow + 1);  // the next answer says that there is enough again
  EXPECT_EQ(stats.RatesOf(7, kNow + 2).exhausted_until_unix_ms, 0);
}

TEST(AccountStats, TheWholeAccountCountsForEachModel) {
  AccountStats stats;
  stats.NoteRates(0, kNow + 100, 0, kNow);
  stats.NoteRates(7, 0, kNow + 300, kNow);
  EXPECT_EQ(stats.RatesOf(7, kNow).exhausted_until_unix_ms, kNow + 100);
  EXPECT_EQ(stats.RatesOf(7, kNow).low_until_unix_ms, kNow + 300);
  EXPECT_EQ(stats.RatesOf(9, kNow).exhausted_until_unix_ms, kNow + 100);
  stats.Clear();
  EXPECT_EQ(stats.RatesOf(7, kNow).exhausted_until_unix_ms, 0);
}

TEST(AccountStats, TheMeanFollowsAndIsForgotten) {
  AccountStats stats;
  for (std::uint32_t i = 1; i < AccountStats::kSamplesMin; ++i) stats.NoteFirstByte(7, 1'000, kNow);
  EXPECT_EQ(stats.FirstByteMs(7, kNow), 0) << "too few";
  stats.NoteFirstByte(7, 1'000, kNow);
  EXPECT_EQ(stats.FirstByteMs(7, kNow), 1'000);
  stats.NoteFirstByte(7, 9'000, kNow);
  EXPECT_EQ(stats.FirstByteMs(7, kNow), 2'000);
  for (int i = 0; i < 100; ++i) stats.NoteFirstByte(7, 9'000, kNow);
  EXPECT_NEAR(static_cast<double>(stats.FirstByteMs(7, kNow)), 9'000, 10);
  EXPECT_EQ(stats.FirstByteMs(8, kNow), 0);
  const std::int64_t later = kNow + AccountStats::kSamplesFreshMs + 1;
  EXPECT_EQ(stats.FirstByteMs(7, later), 0);
  stats.NoteFirstByte(7, 50, later);
  EXPECT_EQ(stats.FirstByteMs(7, later), 0) << "it starts anew";
}

TEST(AccountStats, ManyModelsAreBoundedAndTheUsedOnesStay) {
  AccountStats stats;
  for (std::uint64_t model = 10; model < 1'000; ++model) {
    const auto now = kNow + static_cast<std::int64_t>(model);
    stats.NoteRates(7 << 4, now + 5'000, 0, now);
    stats.NoteRates(model << 4, now + 5'000, 0, now);
  }
  EXPECT_GT(stats.RatesOf(7 << 4, kNow).exhausted_until_unix_ms, 0);
  EXPECT_GT(stats.RatesOf(999 << 4, kNow).exhausted_until_unix_ms, 0);
  EXPECT_EQ(stats.RatesOf(10 << 4, kNow).exhausted_until_unix_ms, 0);
}

TEST(AccountStats, ThreadsMayNoteAtOnce) {
  AccountStats stats;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&stats] {
      for (int i = 0; i < 10'000; ++i) {
        stats.NoteFirstByte(7, 100, kNow + i);
        stats.NoteRates(7, kNow + 100'000, 0, kNow + i);
        (void)stats.FirstByteMs(7, kNow);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stats.FirstByteMs(7, kNow + 10'000), 100);
  EXPECT_EQ(stats.RatesOf(7, kNow).exhausted_until_unix_ms, kNow + 100'000);
}

}  // namespace
}  // namespace weir::relay
