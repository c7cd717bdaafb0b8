#include "services/usage/usage_query.h"

#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/ids.h"
#include "libs/common/operation.h"
#include "services/usage/day_partition.h"
#include "services/usage/event_check.h"
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
    for (std::size_t i = 0; i < 40; ++i) {
      events_[i].started_at_unix_ms = kTestUnixMs;
      events_[i].id = NewUuid7Bytes(kTestUnixMs);
    }
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
  ExpectFilter({.only_cache_hits = true}, [](const UsageEvent& e) { return e.cache_hit; });
  const auto is_test = [](const UsageEvent& e) { return e.operation == operation::kAccountTest; };
  ExpectFilter({.source = EventSource::kTest}, is_test);
  ExpectFilter({.source = EventSource::kRequest}, std::not_fn(is_test));
  ExpectFilter({.served_models = {"served-1", "served-9"}},
               [](const UsageEvent& e) { return e.served_model == "served-1"; });
  ExpectFilter({.dialects = {2}}, [](const UsageEvent& e) { return e.dialect == 2; });
  ExpectFilter({.complete = true}, [](const UsageEvent& e) { return e.complete; });
  ExpectFilter({.complete = false}, [](const UsageEvent& e) { return !e.complete; });
  ExpectFilter({.stream = false}, [](const UsageEvent& e) { return !e.stream; });
  const auto is_retried = [](const UsageEvent& e) { return e.attempts.size() > 1; };
  ExpectFilter({.retried = true}, is_retried);
  ExpectFilter({.retried = false}, std::not_fn(is_retried));
  ExpectFilter({.sessions = {-1}}, [](const UsageEvent& e) { return e.session == -1; });
  ExpectFilter({.sessions = {-2, 1, 7}},
               [](const UsageEvent& e) { return e.session == -2 || e.session == 1; });
  ExpectFilter({.client_ip = "10.0.0.1"},
               [](const UsageEvent& e) { return e.client_ip == "10.0.0.1"; });
  ExpectFilter({.client_ip = "10.0.1."},
               [](const UsageEvent& e) { return e.client_ip.starts_with("10.0.1."); });
  ExpectFilter({.user_agent = "AGENT/2"},
               [](const UsageEvent& e) { return e.user_agent.starts_with("agent/2"); });
  ExpectFilter({.id = events_[3].id}, [&](const UsageEvent& e) { return e.id == events_[3].id; });
  ExpectFilter(
      {.key_ids = {1}, .models = {"model-0"}, .only_errors = true},
      [](const UsageEvent& e) { return e.key_id == 1 && e.model == "model-0" && e.failed(); });
}

// Few and many, by themselves and within a range: SQLite goes by different indexes.
TEST_P(UsageQueryTest, LeastFiguresNarrow) {
  for (const std::int64_t least : {std::int64_t{1'000}, std::int64_t{59'000}}) {
    ExpectFilter({.latency_ms_min = least},
                 [&](const UsageEvent& e) { return e.latency_ms >= least; });
    ExpectFilter({.from_unix_ms = kTestUnixMs + 1, .latency_ms_min = least},
                 [&](const UsageEvent& e) {
                   return e.latency_ms >= least && e.started_at_unix_ms > kTestUnixMs;
                 });
  }
  std::vector<std::int64_t> costs;
  for (const UsageEvent& event : events_) costs.push_back(event.cost_nano_usd);
  std::sort(costs.begin(), costs.end());
  const std::int64_t dear = costs[costs.size() - 5];
  ExpectFilter({.cost_nano_usd_min = dear},
               [&](const UsageEvent& e) { return e.cost_nano_usd >= dear; });
  ExpectFilter(
      {.latency_ms_min = 30'000, .cost_nano_usd_min = costs[150]},
      [&](const UsageEvent& e) { return e.latency_ms >= 30'000 && e.cost_nano_usd >= costs[150]; });
  const ListAnswer dearest =
      List({.filter = {.latency_ms_min = 59'000}, .order = EventOrder::kCost, .limit = 200});
  EXPECT_TRUE(std::is_sorted(
      dearest.events.begin(), dearest.events.end(),
      [](const auto& a, const auto& b) { return a.cost_nano_usd > b.cost_nano_usd; }));
}

// PostgreSQL looks at no partition of other days; an id may be as far from its event's time as
// CheckEvent lets it.
TEST_P(UsageQueryTest, ARangeIsSaidOfIdsTooAndLosesNothing) {
  constexpr std::int64_t kAt = kTestUnixMs + 100LL * 24 * 3600 * 1000;
  std::vector<UsageEvent> events(2, MakeEvent());
  events[0].id = NewUuid7Bytes(kAt - kIdSkewMsMax);
  events[1].id = NewUuid7Bytes(kAt + kIdSkewMsMax);
  for (UsageEvent& event : events) {
    event.started_at_unix_ms = kAt;
    ASSERT_TRUE(CheckEvent(event).ok()) << CheckEvent(event);
  }
  ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(events)).ok());
  EXPECT_EQ(List({.filter = {.from_unix_ms = kAt, .to_unix_ms = kAt + 1}}).events.size(), 2U);
  EXPECT_EQ(List({.filter = {.from_unix_ms = 1, .to_unix_ms = kAt}, .with_total = true}).total,
            300);
  EXPECT_EQ(List({.filter = {.from_unix_ms = kAt + 1, .to_unix_ms = INT64_MAX}}).events.size(), 0U);
  WhereBuilder where;
  AddEventConditions({.from_unix_ms = kAt, .to_unix_ms = kAt + 1}, GetParam(), where);
  EXPECT_EQ(where.Clause().find("id >= $3 AND id < $4") != std::string::npos,
            GetParam() == sql::SqlDialect::kPostgres)
      << where.Clause();
}

// Out of sums where these know the filter; ranges that cut quarter-hours, that lie within one, and
// that have no end.
TEST_P(UsageQueryTest, TotalsAreTheRowsThatMatch) {
  std::mt19937 random(5);
  const auto pick = [&](std::int64_t below) {
    return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random);
  };
  for (int i = 0; i < 200; ++i) {
    EventFilter filter;
    if (pick(4) != 0) filter.from_unix_ms = kTestUnixMs + pick(5LL * 24 * 3600 * 1000);
    if (pick(4) != 0) {
      filter.to_unix_ms = std::max(filter.from_unix_ms, kTestUnixMs) + pick(3'600'000) * pick(60);
    }
    if (pick(3) == 0) filter.key_ids = {pick(5)};
    if (pick(3) == 0) filter.models = {"model-1"};
    if (pick(3) == 0) filter.account_ids = {1, 2};
    if (pick(5) == 0) filter.only_errors = true;
    const ListAnswer answer = List({.filter = filter, .limit = 200, .with_total = true});
    std::int64_t rows = std::ssize(answer.events);
    for (std::string cursor = answer.next_cursor; !cursor.empty();) {
      const ListAnswer page = List({.filter = filter, .limit = 200, .cursor = cursor});
      rows += std::ssize(page.events);
      cursor = page.next_cursor;
    }
    ASSERT_EQ(answer.total, rows) << i << ": " << filter.from_unix_ms << " " << filter.to_unix_ms;
    EXPECT_FALSE(answer.total_at_least);
  }
}

// Sums have them under one name, the log under theirs: totals go by the log.
TEST_P(UsageQueryTest, ATotalOfAModelThatNobodyKnowsIsItsRows) {
  UsageEvent refused = MakeEvent();
  refused.account_id = 0;
  refused.status = 404;
  refused.error_class = "model_not_found";
  std::vector<UsageEvent> events;
  for (const char* model : {"made-up", "made-up", "other", "model-1"}) {
    refused.model = model;
    refused.id = NewUuid7Bytes(kTestUnixMs);
    events.push_back(refused);
  }
  ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(events)).ok());
  for (const std::vector<std::string>& models :
       std::vector<std::vector<std::string>>{{"made-up"},
                                             {"model-1"},
                                             {"made-up", "model-1"},
                                             {"(unknown)"},
                                             {"(unknown)", "model-2"},
                                             {"(unknown)", "model-1"}}) {
    for (const std::int64_t from_unix_ms : {std::int64_t{0}, kTestUnixMs - 1}) {
      const EventFilter filter{.from_unix_ms = from_unix_ms, .models = models};
      const ListAnswer answer = List({.filter = filter, .limit = 200, .with_total = true});
      EXPECT_EQ(answer.total, std::ssize(answer.events)) << models.back() << " " << from_unix_ms;
      EXPECT_GE(answer.total, 2 - std::ssize(models) % 2);
    }
  }
  const ListAnswer unknown = List({.filter = {.models = {"(unknown)"}}, .with_total = true});
  EXPECT_EQ(unknown.total, 4);
}

TEST_P(UsageQueryTest, ATotalIsOfWhatIsKept) {
  ASSERT_TRUE(database()
                  .Execute("UPDATE usage_retention SET kept_from_unix_ms = $1",
                           {kTestUnixMs + 2LL * 24 * 3600 * 1000})
                  .ok());
  const auto kept = Ids([](const UsageEvent& event) {
    return event.started_at_unix_ms >= kTestUnixMs + 2LL * 24 * 3600 * 1000;
  });
  EXPECT_EQ(List({.with_total = true}).total, std::ssize(kept));
}

TEST_P(UsageQueryTest, SearchFindsPartsInAnyCaseAndTakesThemLiterally) {
  ExpectFilter({.search = "MODEL-2"}, [](const UsageEvent& e) { return e.model == "model-2"; });
  ExpectFilter({.search = "key '3'\t%_\\"}, [](const UsageEvent& e) { return e.key_id == 3; });
  ExpectFilter({.search = UuidToText(events_[9].id)},
               [&](const UsageEvent& e) { return e.id == events_[9].id; });
  EXPECT_TRUE(List({.filter = {.search = "model%2"}}).events.empty());
  EXPECT_TRUE(List({.filter = {.search = "model_2"}}).events.empty());
  EXPECT_TRUE(List({.filter = {.search = "' OR 1=1 --"}}).events.empty());
  EXPECT_TRUE(List({.filter = {.user_agent = "agent_1"}}).events.empty());
  EXPECT_TRUE(List({.filter = {.client_ip = "10.0.0"}}).events.empty()) << "no end of a part";
  EXPECT_TRUE(List({.filter = {.client_ip = "10%."}}).events.empty());
}

TEST_P(UsageQueryTest, CursorsReachEveryRowOnceInEachOrder) {
  for (const EventOrder order :
       {EventOrder::kNewest, EventOrder::kOldest, EventOrder::kCost, EventOrder::kLatency}) {
    std::vector<std::string> expected = IdsOf(List({.order = order, .limit = 200}).events);
    for (std::string& id : IdsOf(List({.order = order, .limit = 200, .offset = 200}).events)) {
      expected.push_back(std::move(id));
    }
    ASSERT_EQ(expected.size(), events_.size());
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

TEST_P(UsageQueryTest, RowsThatComeInMeanwhileMoveNoPage) {
  const std::vector<std::string> expected = Ids([](const UsageEvent&) { return true; });
  std::vector<std::string> ids;
  RandomEvents random(99);
  ListQuestion question{.limit = 50};
  do {
    const ListAnswer page = List(question);
    for (std::string& id : IdsOf(page.events)) ids.push_back(std::move(id));
    question.cursor = page.next_cursor;
    // Newer than all that the walk began with.
    std::vector<UsageEvent> fresh = random.Many(20);
    for (UsageEvent& event : fresh) event.started_at_unix_ms += 10LL * 24 * 3600 * 1000;
    ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(fresh)).ok());
  } while (!question.cursor.empty() && ids.size() <= events_.size());
  EXPECT_EQ(ids, expected);
}

TEST_P(UsageQueryTest, PagesTellHowManyAttemptsEachRowHas) {
  const ListAnswer page = List({.limit = 100});
  ASSERT_EQ(page.attempt_counts.size(), page.events.size());
  std::int64_t all = 0;
  for (std::size_t i = 0; i < page.events.size(); ++i) {
    const auto stored = query_->Get(page.events[i].id);
    ASSERT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(page.attempt_counts[i], static_cast<std::int64_t>(stored->attempts.size()));
    all += page.attempt_counts[i];
  }
  EXPECT_GT(all, 0);
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
}

// Small pages walk the index of the order on SQLite, large ones sort: both tell the same.
TEST_P(UsageQueryTest, SmallPagesByCostMakeUpTheWhole) {
  const EventFilter filters[] = {{}, {.from_unix_ms = kTestUnixMs}, {.key_ids = {1, 2}}};
  for (const EventFilter& filter : filters) {
    for (const EventOrder order : {EventOrder::kCost, EventOrder::kLatency}) {
      ListQuestion question = {.filter = filter, .order = order, .limit = 3};
      std::vector<std::string> walked;
      do {
        const ListAnswer page = List(question);
        for (const std::string& id : IdsOf(page.events)) walked.push_back(id);
        question.cursor = page.next_cursor;
      } while (!question.cursor.empty());
      ListQuestion whole = {.filter = filter, .order = order, .limit = 200};
      ListAnswer sorted = List(whole);
      std::vector<std::string> all = IdsOf(sorted.events);
      while (!sorted.next_cursor.empty()) {
        whole.cursor = sorted.next_cursor;
        sorted = List(whole);
        for (const std::string& id : IdsOf(sorted.events)) all.push_back(id);
      }
      EXPECT_EQ(walked, all);
    }
  }
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
      {.limit = 1, .cursor = "n12." + UuidToText(events_[0].id) + "0"},
      {.order = EventOrder::kOldest, .limit = 1, .cursor = cursor},
  };
  for (const ListQuestion& question : questions) {
    EXPECT_TRUE(absl::IsInvalidArgument(query_->List(question).status())) << question.cursor;
  }
  EXPECT_TRUE(absl::IsNotFound(query_->Get(NewUuid7Bytes(kTestUnixMs)).status()));
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
