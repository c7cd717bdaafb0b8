#include "services/usage/latency_series.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/utc_window.h"
#include "services/usage/schema.h"
#include "services/usage/tally.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_stats.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kQuarterMs = kHourMs / 4;
// A day's beginning before all events, which lie within five days.
constexpr std::int64_t kBeginMs = kTestUnixMs - kTestUnixMs % kDayMs;
constexpr int kDays = 6;

std::vector<std::int64_t> Edges(std::int64_t begin_ms, std::int64_t step_ms, int buckets) {
  std::vector<std::int64_t> edges;
  for (int i = 0; i <= buckets; ++i) edges.push_back(begin_ms + i * step_ms);
  return edges;
}

class LatencySeriesTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    RandomEvents random(29);
    events_ = random.Many(600);
    for (UsageEvent& event : events_) {
      event.first_token_ms = event.stream ? random.Int(0, event.latency_ms) : -1;
    }
    const auto marks = UsageLedger(database()).Insert(Pointers(events_));
    ASSERT_TRUE(marks.ok()) << marks.status();
  }

  template <typename Matches>
  std::vector<BucketLatency> Expected(const std::vector<std::int64_t>& edges,
                                      const Matches& matches) const {
    std::map<std::int64_t, std::pair<Counts, Counts>> counts;
    for (const UsageEvent& event : events_) {
      if (event.failed() || event.cache_hit || !matches(event)) continue;
      for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        const std::int64_t at = event.started_at_unix_ms;
        if (at < edges[i] || at >= edges[i + 1]) continue;
        auto& [latency, first_token] = counts[static_cast<std::int64_t>(i)];
        ++latency[event.latency_ms];
        if (event.first_token_ms >= 0) ++first_token[event.first_token_ms];
      }
    }
    std::vector<BucketLatency> rows;
    for (const auto& [bucket, both] : counts) {
      rows.push_back({bucket, PercentilesOf(both.first), PercentilesOf(both.second)});
    }
    return rows;
  }

  // Makes each row of the roll-ups say that there are so many requests more.
  void PretendRequests(std::int64_t requests) {
    for (const char* table : {"usage_part_sums", "usage_subject_sums", "usage_day_sums"}) {
      ASSERT_TRUE(database()
                      .Execute(std::string("UPDATE ") + table +
                                   " SET requests = requests + CAST($1 AS BIGINT)",
                               {requests})
                      .ok())
          << table;
    }
  }

  LatencySeriesAnswer Read(const LatencySeriesQuestion& question) {
    auto answer = ReadLatencySeries(database(), question);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : LatencySeriesAnswer{};
  }
  absl::StatusCode CodeOf(const LatencySeriesQuestion& question) {
    return ReadLatencySeries(database(), question).status().code();
  }

  std::vector<UsageEvent> events_;
};

INSTANTIATE_ON_BOTH_DATABASES(LatencySeriesTest);

void ExpectNear(const Percentiles& near, const Percentiles& exact) {
  EXPECT_EQ(near.measured, exact.measured);
  EXPECT_LE(std::abs(near.p50 - exact.p50), exact.p50 / 32 + 1);
  EXPECT_LE(std::abs(near.p95 - exact.p95), exact.p95 / 32 + 1);
  EXPECT_LE(std::abs(near.p99 - exact.p99), exact.p99 / 32 + 1);
}

TEST_P(LatencySeriesTest, FewAreLookedAtOneByOneWhateverTheFilter) {
  const auto edges = Edges(kBeginMs + kQuarterMs, 7 * kHourMs + kQuarterMs, 20);
  const auto all = Read({.edges_unix_ms = edges});
  EXPECT_TRUE(all.exact);
  EXPECT_EQ(all.since_unix_ms, 0);
  EXPECT_EQ(all.rows, Expected(edges, [](const UsageEvent&) { return true; }));
  EXPECT_EQ(Read({.filter = {.user_ids = {1}}, .edges_unix_ms = edges}).rows,
            Expected(edges, [](const UsageEvent& event) { return event.user_id == 1; }));
  const EventFilter narrow{.key_ids = {1, 2}, .account_ids = {2}, .models = {"model-1"}};
  EXPECT_EQ(Read({.filter = narrow, .edges_unix_ms = edges}).rows,
            Expected(edges, [](const UsageEvent& event) {
              return (event.key_id == 1 || event.key_id == 2) && event.account_id == 2 &&
                     event.model == "model-1";
            }));
}

TEST_P(LatencySeriesTest, AllTogetherIsOneBucketOfAll) {
  const auto days = Read({.edges_unix_ms = Edges(kBeginMs, kDayMs, kDays)});
  const auto whole = Read({.edges_unix_ms = {kBeginMs, kBeginMs + kDays * kDayMs}});
  ASSERT_EQ(whole.rows.size(), 1U);
  EXPECT_EQ(days.total, whole.rows.front());
  EXPECT_EQ(days.total, whole.total);
  EXPECT_EQ(days.bars, whole.bars);
  std::int64_t answers = 0;
  std::int64_t first_tokens = 0;
  for (const LatencyBar& bar : days.bars) {
    answers += bar.answers;
    first_tokens += bar.first_tokens;
  }
  EXPECT_EQ(answers, days.total.latency.measured);
  EXPECT_EQ(first_tokens, days.total.first_token.measured);
  EXPECT_GT(answers, first_tokens) << "some have none";
}

TEST_P(LatencySeriesTest, BucketsWithoutAnswersHaveNoRow) {
  const auto answer = Read({.edges_unix_ms = Edges(kBeginMs - 3 * kDayMs, kDayMs, 4)});
  ASSERT_EQ(answer.rows.size(), 1U);
  EXPECT_EQ(answer.rows.front().bucket, 3);
  const auto nothing = Read({.edges_unix_ms = Edges(kBeginMs - 3 * kDayMs, kDayMs, 3)});
  EXPECT_TRUE(nothing.rows.empty());
  EXPECT_TRUE(nothing.bars.empty());
  EXPECT_EQ(nothing.total, BucketLatency{});
}

TEST_P(LatencySeriesTest, ManyComeOutOfTheHoursAndAreNear) {
  const auto edges = Edges(kBeginMs + 3 * kHourMs, 5 * kHourMs, 28);
  for (const EventFilter& filter :
       {EventFilter{}, EventFilter{.account_ids = {1, 2}}, EventFilter{.models = {"model-2"}}}) {
    const auto exact = Read({.filter = filter, .edges_unix_ms = edges});
    PretendRequests(kExactRequestsMax);
    const auto near = Read({.filter = filter, .edges_unix_ms = edges});
    PretendRequests(-kExactRequestsMax);
    EXPECT_TRUE(exact.exact);
    EXPECT_FALSE(near.exact);
    ASSERT_EQ(near.rows.size(), exact.rows.size());
    for (std::size_t i = 0; i < exact.rows.size(); ++i) {
      EXPECT_EQ(near.rows[i].bucket, exact.rows[i].bucket);
      ExpectNear(near.rows[i].latency, exact.rows[i].latency);
      ExpectNear(near.rows[i].first_token, exact.rows[i].first_token);
    }
    ExpectNear(near.total.latency, exact.total.latency);
  }
}

TEST_P(LatencySeriesTest, TalliesOutliveRequestsAndSayHowFarTheyGoBack) {
  const auto edges = Edges(kBeginMs - kDayMs, kDayMs, kDays + 1);
  ASSERT_TRUE(
      database()
          .Execute("UPDATE usage_retention SET kept_from_unix_ms = $1", {kBeginMs + 3 * kDayMs})
          .ok());
  const auto near = Read({.edges_unix_ms = edges});
  EXPECT_FALSE(near.exact);
  EXPECT_GT(near.rows.size(), 3U);
  EXPECT_GT(near.since_unix_ms, kBeginMs - kDayMs);
  EXPECT_LT(near.since_unix_ms, kBeginMs + kDayMs);
  // What no tally knows is told as far as it is kept.
  const auto of_user = Read({.filter = {.user_ids = {1}}, .edges_unix_ms = edges});
  EXPECT_FALSE(of_user.exact);
  EXPECT_EQ(of_user.since_unix_ms, kBeginMs + 3 * kDayMs);
}

TEST_P(LatencySeriesTest, WhatNoTallyKnowsIsLookedAtSoFarAndNoFurther) {
  const auto edges = Edges(kBeginMs, kDayMs, kDays);
  const LatencySeriesQuestion of_user{.filter = {.user_ids = {1}}, .edges_unix_ms = edges};
  const auto few = Read(of_user);
  PretendRequests(kExactRequestsMax / 50);  // a row of sums, of which there are some hundred
  EXPECT_EQ(Read(of_user).rows, few.rows);
  PretendRequests(kRowRequestsMax);
  EXPECT_EQ(CodeOf(of_user), absl::StatusCode::kInvalidArgument);
  // A group has no index: all of the range would be read for it.
  EXPECT_EQ(CodeOf({.filter = {.group_ids = {999}}, .edges_unix_ms = edges}),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(LatencySeriesTest, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(CodeOf({.edges_unix_ms = {kBeginMs}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf({.filter = {.search = "x"}, .edges_unix_ms = Edges(kBeginMs, kDayMs, 1)}),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::usage
