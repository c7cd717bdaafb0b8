#include "services/usage/error_series.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/reason.h"
#include "libs/common/utc_window.h"
#include "services/usage/schema.h"
#include "services/usage/sum_model.h"
#include "services/usage/tally.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kQuarterMs = kHourMs / 4;
// A day's beginning before all events, which lie within five days.
constexpr std::int64_t kBeginMs = kTestUnixMs - kTestUnixMs % kDayMs;
constexpr int kDays = 6;

// By bucket, by class; what failed without a word is under "".
using Counts = std::map<std::pair<std::int64_t, std::string>, std::int64_t>;

std::vector<std::int64_t> Edges(std::int64_t begin_ms, std::int64_t step_ms, int buckets) {
  std::vector<std::int64_t> edges;
  for (int i = 0; i <= buckets; ++i) edges.push_back(begin_ms + i * step_ms);
  return edges;
}

class ErrorSeriesTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    RandomEvents random(23);
    events_ = random.Many(600);
    for (UsageEvent& event : events_) {
      if (event.error_class.empty()) continue;
      event.error_class = "word " + std::to_string(random.Int(0, 3) * random.Int(0, 3));
    }
    // Refused before anybody knew whether there is such a model.
    events_.front().account_id = 0;
    events_.front().status = 404;
    events_.front().error_class = reason::kModelNotFound;
    const auto marks = UsageLedger(database()).Insert(Pointers(events_));
    ASSERT_TRUE(marks.ok()) << marks.status();
  }

  template <typename Matches>
  Counts Expected(const std::vector<std::int64_t>& edges, const Matches& matches) const {
    Counts counts;
    for (const UsageEvent& event : events_) {
      if (!event.failed() || !matches(event)) continue;
      for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        const std::int64_t at = event.started_at_unix_ms;
        if (at >= edges[i] && at < edges[i + 1]) {
          ++counts[{static_cast<std::int64_t>(i), event.error_class}];
        }
      }
    }
    return counts;
  }

  // Classes as told, and what the totals have beyond them.
  static Counts Told(const ErrorSeriesAnswer& answer) {
    Counts counts;
    for (const auto& [bucket, failed] : answer.totals) counts[{bucket, ""}] = failed;
    for (const ErrorCount& row : answer.rows) {
      counts[{row.bucket, row.error_class}] = row.requests;
      counts[{row.bucket, ""}] -= row.requests;
    }
    std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
    return counts;
  }

  // Makes the roll-ups say that more failed in this quarter-hour than is looked at one by one.
  void PretendErrors(std::int64_t quarter_ms) {
    ASSERT_TRUE(database()
                    .Execute("UPDATE usage_part_sums SET errors = errors + CAST($1 AS BIGINT) "
                             "WHERE quarter_unix_ms = $2",
                             {kErrorRowsMax, quarter_ms})
                    .ok());
    ASSERT_TRUE(database()
                    .Execute("UPDATE usage_day_sums SET errors = errors + CAST($1 AS BIGINT)",
                             {kErrorRowsMax})
                    .ok());
  }

  ErrorSeriesAnswer Read(const ErrorSeriesQuestion& question) {
    auto answer = ReadErrorSeries(database(), question);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : ErrorSeriesAnswer{};
  }

  std::vector<UsageEvent> events_;
};

INSTANTIATE_ON_BOTH_DATABASES(ErrorSeriesTest);

TEST_P(ErrorSeriesTest, FewAreCountedOneByOneWhateverTheFilter) {
  const auto edges = Edges(kBeginMs + kQuarterMs, 7 * kHourMs + kQuarterMs, 20);
  const auto all = Read({.edges_unix_ms = edges, .top = 50});
  EXPECT_TRUE(all.exact);
  EXPECT_EQ(Told(all), Expected(edges, [](const UsageEvent&) { return true; }));
  EXPECT_TRUE(std::is_sorted(all.top.begin(), all.top.end(),
                             [](const auto& a, const auto& b) { return a.second > b.second; }));
  EXPECT_EQ(Told(Read({.filter = {.user_ids = {1}}, .edges_unix_ms = edges, .top = 50})),
            Expected(edges, [](const UsageEvent& event) { return event.user_id == 1; }));
  const EventFilter narrow{.key_ids = {1, 2}, .account_ids = {2}};
  EXPECT_EQ(Told(Read({.filter = narrow, .edges_unix_ms = edges, .top = 50})),
            Expected(edges, [](const UsageEvent& event) {
              return (event.key_id == 1 || event.key_id == 2) && event.account_id == 2;
            }));
}

TEST_P(ErrorSeriesTest, RefusalsForUnknownModelsAreOfNoNamedOne) {
  const auto edges = Edges(kBeginMs, kDayMs, kDays);
  for (const std::string& model : {events_.front().model, std::string(kUnknownModel)}) {
    EXPECT_EQ(Told(Read({.filter = {.models = {model}}, .edges_unix_ms = edges, .top = 50})),
              Expected(edges, [&](const UsageEvent& event) { return SumModelOf(event) == model; }))
        << model;
  }
}

TEST_P(ErrorSeriesTest, TheMostFrequentHaveRowsTheOthersAreInTheTotals) {
  const auto edges = Edges(kBeginMs, kDayMs, kDays);
  const auto all = Read({.edges_unix_ms = edges, .top = 50});
  const auto two = Read({.edges_unix_ms = edges, .top = 2});
  ASSERT_EQ(two.top.size(), 2U);
  EXPECT_EQ(two.top[0], all.top[0]);
  EXPECT_EQ(two.totals, all.totals);
  for (const ErrorCount& row : two.rows) {
    EXPECT_TRUE(row.error_class == two.top[0].first || row.error_class == two.top[1].first);
  }
}

TEST_P(ErrorSeriesTest, ManyComeOutOfTheHours) {
  const auto edges = Edges(kBeginMs + 3 * kHourMs, 5 * kHourMs, 28);
  const auto before = Read({.edges_unix_ms = edges, .top = 50});
  ASSERT_TRUE(database().Execute("DELETE FROM usage_events").ok()) << "nothing to look at";
  const std::int64_t quarter = events_.back().started_at_unix_ms;
  PretendErrors(quarter - quarter % kQuarterMs);
  const auto after = Read({.edges_unix_ms = edges, .top = 50});
  EXPECT_TRUE(after.exact);
  EXPECT_EQ(after.top, before.top);
  EXPECT_EQ(after.rows, before.rows);
}

TEST_P(ErrorSeriesTest, HoursThatBucketsCutAreNotExact) {
  const std::int64_t quarter = events_.back().started_at_unix_ms;
  PretendErrors(quarter - quarter % kQuarterMs);
  EXPECT_TRUE(Read({.edges_unix_ms = Edges(kBeginMs, kDayMs, kDays)}).exact);
  EXPECT_FALSE(Read({.edges_unix_ms = Edges(kBeginMs + kHourMs / 2, kDayMs, kDays)}).exact)
      << "days of a zone at half an hour";
}

TEST_P(ErrorSeriesTest, AnHourThatGoesOnBehindTheEndIsNotExactWhereItFailed) {
  const std::int64_t day = kBeginMs + kDayMs;
  const auto late = std::find_if(events_.begin(), events_.end(), [&](const UsageEvent& event) {
    return event.started_at_unix_ms > day && event.started_at_unix_ms % kHourMs > kQuarterMs;
  });
  ASSERT_NE(late, events_.end());
  const std::int64_t quarter = late->started_at_unix_ms - late->started_at_unix_ms % kQuarterMs;
  PretendErrors(quarter);
  EXPECT_FALSE(Read({.edges_unix_ms = {kBeginMs, day, quarter}}).exact);
  ASSERT_TRUE(database()
                  .Execute("DELETE FROM usage_part_sums WHERE quarter_unix_ms >= $1", {quarter})
                  .ok());
  EXPECT_TRUE(Read({.edges_unix_ms = {kBeginMs, day, quarter}}).exact) << "as it is of now";
}

TEST_P(ErrorSeriesTest, WhatIsTooManyToLookAtHasNoClass) {
  const std::int64_t quarter = events_.back().started_at_unix_ms;
  PretendErrors(quarter - quarter % kQuarterMs);
  const auto edges = Edges(kBeginMs, kDayMs, kDays);
  // A user's requests are few, and found by an index of their own.
  const auto of_user = Read({.filter = {.user_ids = {1}}, .edges_unix_ms = edges, .top = 50});
  Counts expected = Expected(edges, [](const UsageEvent& event) {
    return event.user_id == 1 && !event.error_class.empty();
  });
  for (const ErrorCount& row : of_user.rows) {
    EXPECT_EQ(row.requests, (expected[{row.bucket, row.error_class}])) << row.error_class;
    expected.erase({row.bucket, row.error_class});
  }
  EXPECT_TRUE(expected.empty());
  const auto of_group = Read({.filter = {.group_ids = {1}}, .edges_unix_ms = edges});
  EXPECT_TRUE(of_group.top.empty());
  EXPECT_FALSE(of_group.totals.empty());
}

TEST_P(ErrorSeriesTest, WhatMakesNoSenseIsRefused) {
  const auto edges = Edges(kBeginMs, kDayMs, 1);
  const auto read = [&](const ErrorSeriesQuestion& question) {
    return ReadErrorSeries(database(), question).status().code();
  };
  EXPECT_EQ(read({.edges_unix_ms = edges, .top = 0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(read({.edges_unix_ms = edges, .top = 51}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(read({.edges_unix_ms = {kBeginMs}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(read({.filter = {.search = "x"}, .edges_unix_ms = edges}),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::usage
