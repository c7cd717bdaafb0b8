#include "services/usage/tally.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/histogram.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

TEST(HistogramTest, TheMiddleOfABucketIsWithinAThirtySecondPart) {
  std::int64_t last = -1;
  for (std::int64_t ms = 0; ms < 5'000'000; ms += 1 + ms / 1000) {
    const std::int64_t bucket = BucketOf(ms);
    EXPECT_GE(bucket, last) << ms;
    last = bucket;
    EXPECT_LE(std::abs(MiddleOf(bucket) - ms) * 32, ms) << ms;
  }
  for (std::int64_t ms = 0; ms < 32; ++ms) EXPECT_EQ(MiddleOf(BucketOf(ms)), ms);
  EXPECT_EQ(BucketOf(-5), 0);
  const std::int64_t greatest = 1'000'000'000'000;  // what event_check lets through
  EXPECT_LE(std::abs(MiddleOf(BucketOf(greatest)) - greatest) * 32, greatest);
}

TEST(HistogramTest, PercentilesAreRanks) {
  Counts counts;
  for (std::int64_t value = 1; value <= 100; ++value) counts[value] = 1;
  EXPECT_EQ(PercentilesOf(counts), (Percentiles{100, 50, 95, 99}));
  EXPECT_EQ(PercentilesOf({}), (Percentiles{0, 0, 0, 0}));
  EXPECT_EQ(PercentilesOf({{7, 1}}), (Percentiles{1, 7, 7, 7}));
  EXPECT_EQ(PercentilesOf({{1, 97}, {9, 3}}), (Percentiles{100, 1, 1, 9}));
}

TEST(HistogramTest, BucketsTellPercentilesNearlyAsRowsDo) {
  std::mt19937 random(5);
  std::lognormal_distribution<double> lengths(7, 1.2);
  Counts exact;
  Counts buckets;
  for (int i = 0; i < 20'000; ++i) {
    const auto ms = static_cast<std::int64_t>(lengths(random));
    ++exact[ms];
    ++buckets[BucketOf(ms)];
  }
  const Percentiles rows = PercentilesOf(exact);
  const Percentiles near = PercentilesOfBuckets(buckets);
  EXPECT_EQ(near.measured, rows.measured);
  for (const auto& [got, wanted] : {std::pair(near.p50, rows.p50), std::pair(near.p95, rows.p95),
                                    std::pair(near.p99, rows.p99)}) {
    EXPECT_LE(std::abs(got - wanted) * 32, wanted);
  }
}

TEST(TallyTest, WhatIsWrittenReadsBack) {
  Tally tally;
  for (const UsageEvent& event : RandomEvents(3).Many(200)) tally.Add(event);
  const auto read = DecodeTally(EncodeTally(tally));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, tally);
  EXPECT_EQ(tally.requests, 200);
  EXPECT_GT(tally.cache_hits, 0);
  EXPECT_EQ(*DecodeTally(EncodeTally({})), Tally());
  for (const std::string_view text : {"x1=2", "l=", "s200", "sx=1", "=3", "r=x"}) {
    EXPECT_FALSE(DecodeTally(text).ok()) << text;
  }
}

TEST(TallyTest, WordsOfStrangersDoNoHarm) {
  UsageEvent event = MakeEvent();
  event.status = 502;
  event.error_class = "odd=word\nr=99";
  Tally tally;
  tally.Add(event);
  const auto read = DecodeTally(EncodeTally(tally));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->requests, 1);
  EXPECT_EQ(read->error_classes.at("odd=word r=99"), 1);
  for (int i = 0; i < 200; ++i) {
    event.error_class = "word" + std::to_string(i);
    tally.Add(event);
  }
  EXPECT_LE(tally.error_classes.size(), 65U);
  EXPECT_GT(tally.error_classes.at("other"), 100);
}

TEST(TallyTest, PartsAddUp) {
  const std::vector<UsageEvent> events = RandomEvents(4).Many(100);
  Tally whole;
  Tally first;
  Tally second;
  for (std::size_t i = 0; i < events.size(); ++i) {
    whole.Add(events[i]);
    (i % 3 == 0 ? first : second).Add(events[i]);
  }
  first.Add(second);
  EXPECT_EQ(first, whole);
}

TEST(TallyTest, KeptOfAllOfAccountsAndOfModels) {
  UsageEvent event = MakeEvent();
  UsageEvent refused = MakeEvent();
  refused.account_id = 0;
  const auto tallies = TalliesOf({&event, &refused});
  ASSERT_EQ(tallies.size(), 3U);
  const std::int64_t hour = kTestUnixMs - kTestUnixMs % kHourMs;
  EXPECT_EQ(tallies.at({TallyKind::kAll, 0, "", hour}).requests, 2);
  EXPECT_EQ(tallies.at({TallyKind::kAccount, 9, "", hour}).requests, 1);
  EXPECT_EQ(tallies.at({TallyKind::kModel, 0, "claude-x", hour}).requests, 2);
}

}  // namespace
}  // namespace weir::usage
