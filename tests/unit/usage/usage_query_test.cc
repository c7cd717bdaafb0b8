#include "services/usage/usage_query.h"

#include <algorithm>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

using Predicate = std::function<bool(const UsageEvent&)>;

class UsageQueryTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    RandomEvents random(7);
    events_ = random.Many(300);
    // Several in one millisecond, so that only the id can order them.
    for (std::size_t i = 0; i < 40; ++i) events_[i].started_at_unix_ms = kTestUnixMs;
    const auto marks = UsageLedger(database()).Insert(Pointers(events_));
    ASSERT_TRUE(marks.ok()) << marks.status();
    query_ = std::make_unique<UsageQuery>(database());
  }

  ListAnswer List(const ListQuestion& question) {
    absl::StatusOr<ListAnswer> answer = query_->List(question);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : ListAnswer{};
  }

  // What the list must hold, newest first.
  std::vector<std::string> Ids(const Predicate& matches) const {
    std::vector<UsageEvent> found;
    std::copy_if(events_.begin(), events_.end(), std::back_inserter(found), matches);
    std::sort(found.begin(), found.end(), [](const UsageEvent& a, const UsageEvent& b) {
      return std::tie(a.started_at_unix_ms, a.id) > std::tie(b.started_at_unix_ms, b.id);
    });
    return IdsOf(found);
  }

  static std::vector<std::string> IdsOf(const std::vector<UsageEvent>& events) {
    std::vector<std::string> ids;
    ids.reserve(events.size());
    for (const UsageEvent& event : events) ids.push_back(event.id);
    return ids;
  }

  void ExpectFilter(const EventFilter& filter, const Predicate& matches) {
    const std::vector<std::string> expected = Ids(matches);
    const ListAnswer answer = List({.filter = filter, .limit = 200, .with_total = true});
    EXPECT_EQ(static_cast<std::size_t>(answer.total), expected.size());
    const std::vector<std::string> first(
        expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(
                                                 std::min<std::size_t>(200, expected.size())));
    EXPECT_EQ(IdsOf(answer.events), first);
    EXPECT_GT(expected.size(), 0U) << "the case tests nothing";
    EXPECT_LT(expected.size(), events_.size()) << "the case tests nothing";
  }

  std::vector<UsageEvent> events_;
  std::unique_ptr<UsageQuery> query_;
};

INSTANTIATE_ON_BOTH_DATABASES(UsageQueryTest);

TEST_P(UsageQueryTest, EachFilterNarrows) {
  const std::int64_t middle = kTestUnixMs + 2LL * 24 * 3600 * 1000;
  ExpectFilter({.from_unix_ms = middle},
               [&](const UsageEvent& e) { return e.started_at_unix_ms >= middle; });
  ExpectFilter({.to_unix_ms = middle},
               [&](const UsageEvent& e) { return e.started_at_unix_ms < middle; });
  ExpectFilter({.user_ids = {1}}, [](const UsageEvent& e) { return e.user_id == 1; });
  ExpectFilter({.key_ids = {1, 2, 3}},
               [](const UsageEvent& e) { return e.key_id >= 1 && e.key_id <= 3; });
  ExpectFilter({.group_ids = {2, 99}}, [](const UsageEvent& e) { return e.group_id == 2; });
  ExpectFilter({.account_ids = {1, 2}},
               [](const UsageEvent& e) { return e.account_id == 1 || e.account_id == 2; });
  ExpectFilter({.models = {"model-1"}}, [](const UsageEvent& e) { return e.model == "model-1"; });
  ExpectFilter({.statuses = {200}}, [](const UsageEvent& e) { return e.status == 200; });
  ExpectFilter({.error_classes = {"upstream_error"}},
               [](const UsageEvent& e) { return e.error_class == "upstream_error"; });
  ExpectFilter({.only_errors = true}, [](const UsageEvent& e) { return e.failed(); });
  ExpectFilter(
      {.key_ids = {1}, .models = {"model-0"}, .only_errors = true},
      [](const UsageEvent& e) { return e.key_id == 1 && e.model == "model-0" && e.failed(); });
}

TEST_P(UsageQueryTest, SearchFindsPartsInAnyCaseAndTakesThemLiterally) {
  ExpectFilter({.search = "MODEL-2"}, [](const UsageEvent& e) { return e.model == "model-2"; });
  ExpectFilter({.search = "key '3'\t%_\\"}, [](const UsageEvent& e) { return e.key_id == 3; });
  ExpectFilter({.search = UuidToText(events_[9].id)},
               [&](const UsageEvent& e) { return e.id == events_[9].id; });
  EXPECT_TRUE(List({.filter = {.search = "model%2"}}).events.empty());
  EXPECT_TRUE(List({.filter = {.search = "model_2"}}).events.empty());
  EXPECT_TRUE(List({.filter = {.search = "' OR 1=1 --"}}).events.empty());
}

TEST_P(UsageQueryTest, CursorsReachEveryRowOnceInBothDirections) {
  for (const EventOrder order : {EventOrder::kNewest, EventOrder::kOldest}) {
    std::vector<std::string> expected = Ids([](const UsageEvent&) { return true; });
    if (order == EventOrder::kOldest) std::reverse(expected.begin(), expected.end());
    std::vector<std::string> ids;
    ListQuestion question{.order = order, .limit = 7};
    do {
      const ListAnswer page = List(question);
      for (std::string& id : IdsOf(page.events)) ids.push_back(std::move(id));
      question.cursor = page.next_cursor;
    } while (!question.cursor.empty() && ids.size() <= events_.size());
    EXPECT_EQ(ids, expected);
  }
}

TEST_P(UsageQueryTest, OffsetsPassOverRows) {
  const std::vector<std::string> expected = Ids([](const UsageEvent&) { return true; });
  const ListAnswer page = List({.limit = 10, .offset = 25});
  EXPECT_EQ(IdsOf(page.events),
            std::vector<std::string>(expected.begin() + 25, expected.begin() + 35));
  EXPECT_FALSE(page.next_cursor.empty());
  const ListAnswer last = List({.limit = 10, .offset = 295});
  EXPECT_EQ(last.events.size(), 5U);
  EXPECT_TRUE(last.next_cursor.empty());
}

TEST_P(UsageQueryTest, OrdersByCostAndLatency) {
  const ListAnswer by_cost = List({.order = EventOrder::kCost, .limit = 200});
  EXPECT_TRUE(std::is_sorted(
      by_cost.events.begin(), by_cost.events.end(),
      [](const auto& a, const auto& b) { return a.cost_nano_usd > b.cost_nano_usd; }));
  const ListAnswer by_latency = List({.order = EventOrder::kLatency, .limit = 200});
  EXPECT_TRUE(
      std::is_sorted(by_latency.events.begin(), by_latency.events.end(),
                     [](const auto& a, const auto& b) { return a.latency_ms > b.latency_ms; }));
  EXPECT_TRUE(by_latency.next_cursor.empty());
}

TEST_P(UsageQueryTest, RefusesQuestionsThatMakeNoSense) {
  const std::string cursor = List({.limit = 1}).next_cursor;
  ASSERT_FALSE(cursor.empty());
  const std::vector<ListQuestion> questions = {
      {.limit = 0},
      {.limit = 201},
      {.limit = 1, .offset = -1},
      {.limit = 1, .offset = 1, .cursor = cursor},
      {.order = EventOrder::kCost, .limit = 1, .cursor = cursor},
      {.limit = 1, .cursor = "x"},
      {.limit = 1, .cursor = "12.x"},
      {.limit = 1, .cursor = cursor + "0"},
  };
  for (const ListQuestion& question : questions) {
    EXPECT_TRUE(absl::IsInvalidArgument(query_->List(question).status())) << question.cursor;
  }
  EXPECT_TRUE(absl::IsNotFound(query_->Get(NewUuid7Bytes(kTestUnixMs)).status()));
}

TEST_P(UsageQueryTest, SummarizesByEachDimension) {
  for (const Dimension dimension : {Dimension::kModel, Dimension::kKey, Dimension::kUser,
                                    Dimension::kGroup, Dimension::kAccount}) {
    const auto rows = query_->Summarize({}, {dimension});
    ASSERT_TRUE(rows.ok()) << rows.status();
    std::int64_t cost = 0;
    std::int64_t requests = 0;
    for (const SummaryRow& row : *rows) {
      cost += row.cost_nano_usd;
      requests += row.requests;
    }
    const auto all = query_->Summarize({}, {});
    ASSERT_TRUE(all.ok()) << all.status();
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(requests, 300);
    EXPECT_EQ(all->front().requests, 300);
    EXPECT_EQ(all->front().cost_nano_usd, cost);
    EXPECT_GT(rows->size(), 1U);
    EXPECT_TRUE(std::is_sorted(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
      return a.cost_nano_usd > b.cost_nano_usd;
    }));
  }
}

TEST_P(UsageQueryTest, ASummaryIsTheSumOfItsEvents) {
  const auto rows =
      query_->Summarize({.models = {"model-1"}}, {Dimension::kModel, Dimension::kKey});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->size(), 5U);
  for (const SummaryRow& row : *rows) {
    SummaryRow expected;
    for (const UsageEvent& event : events_) {
      if (event.model != "model-1" || event.key_id != row.key_id) continue;
      ++expected.requests;
      expected.errors += event.failed() ? 1 : 0;
      expected.estimated_requests += event.usage_source == kSourceEstimated ? 1 : 0;
      expected.tokens.input += event.tokens.input;
      expected.tokens.cache_read += event.tokens.cache_read;
      expected.tokens.cache_write_5m += event.tokens.cache_write_5m;
      expected.tokens.cache_write_1h += event.tokens.cache_write_1h;
      expected.tokens.output += event.tokens.output;
      expected.tokens.reasoning += event.tokens.reasoning;
      expected.cost_nano_usd += event.cost_nano_usd;
    }
    EXPECT_EQ(row.model, "model-1");
    EXPECT_EQ(row.user_id, 0);
    EXPECT_EQ(row.requests, expected.requests);
    EXPECT_EQ(row.errors, expected.errors);
    EXPECT_EQ(row.estimated_requests, expected.estimated_requests);
    EXPECT_EQ(row.tokens, expected.tokens);
    EXPECT_EQ(row.cost_nano_usd, expected.cost_nano_usd);
  }
}

TEST_P(UsageQueryTest, SummariesCountToTheQuarterHour) {
  const std::int64_t quarter = kTestUnixMs - kTestUnixMs % kQuarterMs;
  const auto rows =
      query_->Summarize({.from_unix_ms = kTestUnixMs, .to_unix_ms = kTestUnixMs + 1}, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->front().requests,
            std::count_if(events_.begin(), events_.end(), [&](const UsageEvent& event) {
              return event.started_at_unix_ms >= quarter &&
                     event.started_at_unix_ms < quarter + kQuarterMs;
            }));
  const auto none = query_->Summarize({.to_unix_ms = quarter}, {});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->front().requests, 0);
}

TEST_P(UsageQueryTest, TellsWhenKeysAndAccountsWereLastUsed) {
  const auto latest = [&](std::int64_t UsageEvent::*id, std::int64_t value) {
    std::int64_t unix_ms = 0;
    for (const UsageEvent& event : events_) {
      if (event.*id == value) unix_ms = std::max(unix_ms, event.started_at_unix_ms);
    }
    return unix_ms;
  };
  const auto keys = query_->LastUsed(SubjectKind::kKey, {1, 4, 1000});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_THAT(*keys, ElementsAre(Pair(1, latest(&UsageEvent::key_id, 1)),
                                 Pair(4, latest(&UsageEvent::key_id, 4))));
  const auto accounts = query_->LastUsed(SubjectKind::kAccount, {2});
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  EXPECT_THAT(*accounts, ElementsAre(Pair(2, latest(&UsageEvent::account_id, 2))));
  EXPECT_TRUE(query_->LastUsed(SubjectKind::kKey, {})->empty());
}

}  // namespace
}  // namespace weir::usage
