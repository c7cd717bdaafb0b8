#include "services/usage/series_spans.h"

#include <gtest/gtest.h>

#include "services/usage/rollups.h"
#include "services/usage/usage_reports.h"

namespace weir::usage {
namespace {

TEST(SeriesSpansTest, BucketsOfOneLengthAreOneSpan) {
  constexpr std::int64_t kQ = kQuarterMs;
  const auto spans = SpansOf({0, 4 * kQ, 8 * kQ, 11 * kQ, 15 * kQ});
  ASSERT_TRUE(spans.ok()) << spans.status();
  ASSERT_EQ(spans->size(), 3U);
  EXPECT_EQ((*spans)[0].count, 2);
  EXPECT_EQ((*spans)[0].end_unix_ms(), 8 * kQ);
  EXPECT_EQ((*spans)[1].first_bucket, 2);
  EXPECT_EQ((*spans)[1].step_ms, 3 * kQ);
  EXPECT_EQ((*spans)[2].first_bucket, 3);
  EXPECT_EQ((*spans)[2].begin_unix_ms, 11 * kQ);
}

// A zone whose clock once ran 44 min 30 s behind: no moment is counted twice or not at all.
TEST(SeriesSpansTest, EdgesWithinAQuarterHourAreCutDown) {
  const auto spans = SpansOf({1, kQuarterMs + 7, 2 * kQuarterMs - 1 + kQuarterMs});
  ASSERT_TRUE(spans.ok()) << spans.status();
  ASSERT_EQ(spans->size(), 1U);
  EXPECT_EQ(spans->front().begin_unix_ms, 0);
  EXPECT_EQ(spans->front().end_unix_ms(), 2 * kQuarterMs);
}

TEST(SeriesSpansTest, RefusesWhatDoesNotAscend) {
  EXPECT_FALSE(SpansOf({}).ok());
  EXPECT_FALSE(SpansOf({5}).ok());
  EXPECT_FALSE(SpansOf({0, 1}).ok());
  EXPECT_FALSE(SpansOf({kQuarterMs, 0}).ok());
  EXPECT_FALSE(SpansOf({-kQuarterMs, 0}).ok());
  std::vector<std::int64_t> edges;
  for (std::int64_t i = 0; i <= kSeriesBucketsMax; ++i) edges.push_back(i * kQuarterMs);
  EXPECT_TRUE(SpansOf(edges).ok());
  edges.push_back(edges.back() + kQuarterMs);
  EXPECT_FALSE(SpansOf(edges).ok());
}

}  // namespace
}  // namespace weir::usage
