#include "services/usage/usage_reports.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "services/usage/rollups.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

void Add(const UsageEvent& event, SummaryRow& sums) {
  ++sums.requests;
  sums.errors += event.failed() ? 1 : 0;
  sums.estimated_requests += event.has_estimates() ? 1 : 0;
  sums.cache_hits += event.cache_hit ? 1 : 0;
  sums.tokens.input += event.tokens.input;
  sums.tokens.cache_read += event.tokens.cache_read;
  sums.tokens.cache_write_5m += event.tokens.cache_write_5m;
  sums.tokens.cache_write_1h += event.tokens.cache_write_1h;
  sums.tokens.output += event.tokens.output;
  sums.tokens.reasoning += event.tokens.reasoning;
  sums.cost_nano_usd += event.cost_nano_usd;
}

void ExpectSame(const SummaryRow& row, const SummaryRow& expected) {
  EXPECT_EQ(row.requests, expected.requests);
  EXPECT_EQ(row.errors, expected.errors);
  EXPECT_EQ(row.estimated_requests, expected.estimated_requests);
  EXPECT_EQ(row.cache_hits, expected.cache_hits);
  EXPECT_EQ(row.tokens, expected.tokens);
  EXPECT_EQ(row.cost_nano_usd, expected.cost_nano_usd);
}

class UsageReportsTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    events_ = RandomEvents(7).Many(300);
    const auto marks = UsageLedger(database()).Insert(Pointers(events_));
    ASSERT_TRUE(marks.ok()) << marks.status();
    reports_ = std::make_unique<UsageReports>(database());
  }

  std::vector<UsageEvent> events_;
  std::unique_ptr<UsageReports> reports_;
};

INSTANTIATE_ON_BOTH_DATABASES(UsageReportsTest);

TEST_P(UsageReportsTest, SummarizesByEachDimension) {
  for (const Dimension dimension : {Dimension::kModel, Dimension::kKey, Dimension::kUser,
                                    Dimension::kGroup, Dimension::kAccount}) {
    const auto rows = reports_->Summarize({.by = {dimension}});
    ASSERT_TRUE(rows.ok()) << rows.status();
    std::int64_t cost = 0;
    std::int64_t requests = 0;
    for (const SummaryRow& row : rows->rows) {
      cost += row.cost_nano_usd;
      requests += row.requests;
    }
    const auto all = reports_->Summarize({});
    ASSERT_TRUE(all.ok()) << all.status();
    ASSERT_EQ(all->rows.size(), 1U);
    EXPECT_EQ(requests, 300);
    EXPECT_EQ(all->rows.front().requests, 300);
    EXPECT_EQ(all->rows.front().cost_nano_usd, cost);
    EXPECT_GT(rows->rows.size(), 1U);
    EXPECT_TRUE(std::is_sorted(
        rows->rows.begin(), rows->rows.end(),
        [](const auto& a, const auto& b) { return a.cost_nano_usd > b.cost_nano_usd; }));
  }
}

TEST_P(UsageReportsTest, ASummaryIsTheSumOfItsEvents) {
  const auto rows = reports_->Summarize(
      {.filter = {.models = {"model-1"}}, .by = {Dimension::kModel, Dimension::kKey}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows.size(), 5U);
  for (const SummaryRow& row : rows->rows) {
    SummaryRow expected;
    for (const UsageEvent& event : events_) {
      if (event.model != "model-1" || event.key_id != row.key_id) continue;
      Add(event, expected);
    }
    EXPECT_EQ(row.model, "model-1");
    EXPECT_EQ(row.user_id, 0);
    ExpectSame(row, expected);
  }
}

TEST_P(UsageReportsTest, SummariesCountToTheQuarterHour) {
  const std::int64_t quarter = kTestUnixMs - kTestUnixMs % kQuarterMs;
  const auto rows =
      reports_->Summarize({.filter = {.from_unix_ms = kTestUnixMs, .to_unix_ms = kTestUnixMs + 1}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows.front().requests,
            std::count_if(events_.begin(), events_.end(), [&](const UsageEvent& event) {
              return event.started_at_unix_ms >= quarter &&
                     event.started_at_unix_ms < quarter + kQuarterMs;
            }));
  const auto none = reports_->Summarize({.filter = {.to_unix_ms = quarter}});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->rows.front().requests, 0);
}

// Whichever roll-ups a range is put together from: parts of days, whole ones, open ends.
TEST_P(UsageReportsTest, SummariesOfAnyRangeAreTheSumsOfItsEvents) {
  RandomEvents random(23);
  const std::int64_t first = kTestUnixMs - kTestUnixMs % kQuarterMs;
  const std::vector<std::vector<Dimension>> dimensions = {{},
                                                          {Dimension::kModel},
                                                          {Dimension::kGroup},
                                                          {Dimension::kAccount},
                                                          {Dimension::kKey},
                                                          {Dimension::kUser, Dimension::kModel}};
  for (int round = 0; round < 60; ++round) {
    const bool open = round % 5 == 4;
    const std::int64_t from = open ? 0 : first + random.Int(-200, 500) * kQuarterMs;
    const std::int64_t to = round % 7 == 6 ? 0 : first + random.Int(0, 700) * kQuarterMs;
    SummaryQuestion question{.filter = {.from_unix_ms = from, .to_unix_ms = to},
                             .by = dimensions[static_cast<std::size_t>(round) % dimensions.size()]};
    if (round % 4 == 1) question.filter.models = {"model-1", "model-2"};
    if (round % 4 == 2) question.filter.user_ids = {1};
    if (round % 4 == 3) question.filter.account_ids = {0, 2};
    SummaryRow expected;
    for (const UsageEvent& event : events_) {
      const bool in_range =
          event.started_at_unix_ms >= from && (to == 0 || event.started_at_unix_ms < to);
      const bool of_model = question.filter.models.empty() || event.model != "model-0";
      const bool of_user = question.filter.user_ids.empty() || event.user_id == 1;
      const bool of_account =
          question.filter.account_ids.empty() || event.account_id == 0 || event.account_id == 2;
      if (in_range && of_model && of_user && of_account) Add(event, expected);
    }
    const auto rows = reports_->Summarize(question);
    ASSERT_TRUE(rows.ok()) << rows.status();
    SummaryRow sum;
    for (const SummaryRow& row : rows->rows) {
      sum.requests += row.requests;
      sum.errors += row.errors;
      sum.estimated_requests += row.estimated_requests;
      sum.cache_hits += row.cache_hits;
      sum.tokens.input += row.tokens.input;
      sum.tokens.cache_read += row.tokens.cache_read;
      sum.tokens.cache_write_5m += row.tokens.cache_write_5m;
      sum.tokens.cache_write_1h += row.tokens.cache_write_1h;
      sum.tokens.output += row.tokens.output;
      sum.tokens.reasoning += row.tokens.reasoning;
      sum.cost_nano_usd += row.cost_nano_usd;
    }
    SCOPED_TRACE(round);
    ExpectSame(sum, expected);
    ExpectSame(rows->totals, expected);
  }
}

TEST_P(UsageReportsTest, ATopIsOrderedByWhatWasAskedAndCutThere) {
  const auto value_of = [](ReportOrder order, const SummaryRow& row) {
    const TokenCounts& tokens = row.tokens;
    if (order == ReportOrder::kRequests) return row.requests;
    if (order == ReportOrder::kCost) return row.cost_nano_usd;
    return tokens.input + tokens.cache_read + tokens.cache_write_5m + tokens.cache_write_1h +
           tokens.output;
  };
  for (const ReportOrder order :
       {ReportOrder::kCost, ReportOrder::kTokens, ReportOrder::kRequests}) {
    const auto all = reports_->Summarize({.by = {Dimension::kKey}, .order = order});
    ASSERT_TRUE(all.ok()) << all.status();
    ASSERT_EQ(all->rows.size(), 5U);
    for (std::size_t i = 1; i < all->rows.size(); ++i) {
      EXPECT_GE(value_of(order, all->rows[i - 1]), value_of(order, all->rows[i]));
    }
    const auto top = reports_->Summarize({.by = {Dimension::kKey}, .order = order, .limit = 2});
    ASSERT_TRUE(top.ok()) << top.status();
    ASSERT_EQ(top->rows.size(), 2U);
    EXPECT_EQ(top->rows[1].key_id, all->rows[1].key_id);
    EXPECT_TRUE(top->truncated) << "there are three more";
    EXPECT_FALSE(all->truncated);
    ExpectSame(top->totals, all->totals);
  }
  EXPECT_TRUE(absl::IsInvalidArgument(reports_->Summarize({.limit = 0}).status()));
}

// While events come in, what is told of one moment is of one moment.
TEST_P(UsageReportsTest, RowsNeverAddUpToMoreThanTheTotals) {
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    RandomEvents random(91);
    while (!stop) {
      const std::vector<UsageEvent> more = random.Many(20);
      EXPECT_TRUE(UsageLedger(database()).Insert(Pointers(more)).ok());
    }
  });
  for (int round = 0; round < 60; ++round) {
    const auto answer = reports_->Summarize({.by = {Dimension::kModel}});
    if (!answer.ok()) {
      ADD_FAILURE() << answer.status();
      break;
    }
    std::int64_t requests = 0;
    for (const SummaryRow& row : answer->rows) requests += row.requests;
    EXPECT_EQ(requests, answer->totals.requests) << round;
  }
  stop = true;
  writer.join();
}

// Callers make up names: what was refused as no model of ours is one row, however many there were.
TEST_P(UsageReportsTest, RefusedRequestsForModelsThatNobodyKnowsAreOneModel) {
  std::vector<UsageEvent> refused;
  for (int i = 0; i < 40; ++i) {
    UsageEvent& event = refused.emplace_back(MakeEvent());
    event.model = "made-up-" + std::to_string(i);
    event.served_model = "";
    event.account_id = 0;
    event.status = i % 2 == 0 ? 404 : 429;
    event.error_class = i % 2 == 0 ? "model_not_found" : "rate_limited";
    event.tokens = {};
    event.usage_source = 0;
    event.cost_nano_usd = 0;
  }
  ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(refused)).ok());
  const auto rows = reports_->Summarize({.by = {Dimension::kModel}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 4U) << "three models, and those that nobody knows";
  EXPECT_EQ(rows->rows.back().model, "(unknown)");
  EXPECT_EQ(rows->rows.back().requests, 40);
  for (const char* table :
       {"usage_quarters", "usage_day_sums", "usage_part_sums", "usage_tallies"}) {
    const auto names = database().Query("SELECT COUNT(*) FROM " + std::string(table) +
                                        " WHERE model LIKE 'made-up%'");
    ASSERT_TRUE(names.ok()) << names.status();
    EXPECT_EQ(names->rows[0].Int(0), 0) << table;
  }
}

// Buckets of odd lengths, as a zone's days are when its clocks change.
TEST_P(UsageReportsTest, ASeriesIsTheSumOfItsEventsBucketByBucket) {
  const std::int64_t first = kTestUnixMs - kTestUnixMs % kQuarterMs;
  SeriesQuestion question{.by = Dimension::kModel, .order = ReportOrder::kRequests, .top = 2};
  for (const std::int64_t hours : {0, 24, 48, 71, 95, 120, 145}) {
    question.edges_unix_ms.push_back(first + hours * kHourMs);
  }
  const auto answer = reports_->Series(question);
  ASSERT_TRUE(answer.ok()) << answer.status();
  std::map<std::int64_t, SummaryRow> totals;
  std::map<std::pair<std::int64_t, std::string>, SummaryRow> rows;
  const auto& edges = question.edges_unix_ms;
  for (const UsageEvent& event : events_) {
    const auto after = std::upper_bound(edges.begin(), edges.end(), event.started_at_unix_ms);
    const std::int64_t bucket = after - edges.begin() - 1;
    Add(event, totals[bucket]);
    Add(event, rows[{bucket, event.model}]);
  }
  ASSERT_EQ(answer->totals.size(), totals.size());
  for (const SeriesRow& row : answer->totals) ExpectSame(row.sums, totals[row.bucket]);
  ASSERT_EQ(answer->top.size(), 2U);
  EXPECT_GE(answer->top[0].requests, answer->top[1].requests);
  EXPECT_EQ(answer->rows.size(), 2 * totals.size());
  for (const SeriesRow& row : answer->rows) {
    EXPECT_TRUE(row.sums.model == answer->top[0].model || row.sums.model == answer->top[1].model);
    ExpectSame(row.sums, rows[{row.bucket, row.sums.model}]);
  }
}

TEST_P(UsageReportsTest, ASeriesKeepsToItsFilterAndRange) {
  const std::int64_t first = kTestUnixMs - kTestUnixMs % kQuarterMs;
  const auto answer = reports_->Series({.filter = {.user_ids = {1}},
                                        .edges_unix_ms = {first + kHourMs, first + 25 * kHourMs},
                                        .by = Dimension::kKey,
                                        .top = 50});
  ASSERT_TRUE(answer.ok()) << answer.status();
  SummaryRow expected;
  for (const UsageEvent& event : events_) {
    const std::int64_t since = event.started_at_unix_ms - first;
    if (event.user_id == 1 && since >= kHourMs && since < 25 * kHourMs) Add(event, expected);
  }
  ASSERT_GT(expected.requests, 0);
  ASSERT_EQ(answer->totals.size(), 1U);
  ExpectSame(answer->totals[0].sums, expected);
  std::int64_t requests = 0;
  for (const SeriesRow& row : answer->rows) requests += row.sums.requests;
  EXPECT_EQ(requests, expected.requests);
  const auto nothing = reports_->Series({.filter = {.user_ids = {77}},
                                         .edges_unix_ms = {first, first + kHourMs},
                                         .by = Dimension::kKey});
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_TRUE(nothing->totals.empty() && nothing->top.empty() && nothing->rows.empty());
}

TEST_P(UsageReportsTest, EachDimensionHasItsSeries) {
  for (const Dimension dimension : {Dimension::kModel, Dimension::kKey, Dimension::kUser,
                                    Dimension::kGroup, Dimension::kAccount}) {
    const auto answer =
        reports_->Series({.edges_unix_ms = {0, kTestUnixMs * 2}, .by = dimension, .top = 1});
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->rows.size(), 1U);
    ExpectSame(answer->rows[0].sums, answer->top[0]);
    EXPECT_LT(answer->rows[0].sums.requests, 300);
  }
}

// Days of UTC come out of other roll-ups than days of other zones, and agree with them.
TEST_P(UsageReportsTest, WholeDaysAndPartsOfThemAgree) {
  const std::int64_t day = 24 * kHourMs;
  const std::int64_t first = kTestUnixMs - kTestUnixMs % day;
  for (const auto& by : {std::optional<Dimension>(), std::optional(Dimension::kGroup),
                         std::optional(Dimension::kKey)}) {
    SeriesQuestion days{.edges_unix_ms = {}, .by = by, .top = 50};
    SeriesQuestion halves{.edges_unix_ms = {}, .by = by, .top = 50};
    for (int i = 0; i < 8; ++i) days.edges_unix_ms.push_back(first + i * day);
    for (int i = 0; i < 15; ++i) halves.edges_unix_ms.push_back(first + i * day / 2);
    const auto whole = reports_->Series(days);
    const auto parts = reports_->Series(halves);
    ASSERT_TRUE(whole.ok() && parts.ok()) << whole.status() << parts.status();
    std::map<std::int64_t, std::int64_t> requests;
    for (const SeriesRow& row : parts->totals) requests[row.bucket / 2] += row.sums.requests;
    for (const SeriesRow& row : parts->rows) requests[row.bucket / 2] += 1000 * row.sums.requests;
    for (const SeriesRow& row : whole->totals) requests[row.bucket] -= row.sums.requests;
    for (const SeriesRow& row : whole->rows) requests[row.bucket] -= 1000 * row.sums.requests;
    for (const auto& [bucket, left] : requests) EXPECT_EQ(left, 0) << bucket;
  }
}

TEST_P(UsageReportsTest, RefusesSeriesThatMakeNoSense) {
  const std::vector<SeriesQuestion> questions = {
      {.edges_unix_ms = {0, kHourMs}, .top = 0},
      {.edges_unix_ms = {0, kHourMs}, .top = kSeriesTopMax + 1},
      {.edges_unix_ms = {0}},
  };
  for (const SeriesQuestion& question : questions) {
    EXPECT_TRUE(absl::IsInvalidArgument(reports_->Series(question).status()));
  }
}

}  // namespace
}  // namespace weir::usage
