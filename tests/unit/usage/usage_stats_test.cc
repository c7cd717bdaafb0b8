#include "services/usage/usage_stats.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/utc_window.h"
#include "services/usage/schema.h"
#include "services/usage/served_days.h"
#include "services/usage/tally.h"
#include "services/usage/tally_ledger.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_query.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

class UsageStatsTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    events_ = RandomEvents(17).Many(600);
    UsageLedger ledger(database());
    // Twice, in batches: what is sent again must not count again.
    for (int round = 0; round < 2; ++round) {
      for (std::size_t first = 0; first < events_.size(); first += 150) {
        const auto pointers = Pointers(events_);
        const std::vector<const UsageEvent*> batch(
            pointers.begin() + static_cast<std::ptrdiff_t>(first),
            pointers.begin() + static_cast<std::ptrdiff_t>(first + 150));
        ASSERT_TRUE(ledger.Insert(batch).ok());
      }
    }
  }

  Tally Sum(const EventFilter& filter) {
    Tally sum;
    absl::Status status = database().Read([&](sql::Transaction& transaction) {
      absl::StatusOr<Tally> read = SumTallies(transaction, filter);
      if (read.ok()) sum = *read;
      return read.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return sum;
  }

  // Makes the roll-up say that more happened than is ever looked at one by one.
  void PretendRequests(std::int64_t requests) {
    for (const std::string table :
         {"usage_quarters", "usage_day_sums", "usage_part_sums", "usage_subject_sums"}) {
      ASSERT_TRUE(database()
                      .Execute("UPDATE " + table + " SET requests = requests + CAST($1 AS BIGINT)",
                               {requests})
                      .ok());
    }
  }

  std::vector<UsageEvent> events_;
};

INSTANTIATE_ON_BOTH_DATABASES(UsageStatsTest);

// What lies behind retention is not "exactly none".
TEST_P(UsageStatsTest, ARangeBehindRetentionIsNotExact) {
  const std::int64_t kept_from = kTestUnixMs + 2 * kDayMs;
  UsageStats stats(database());
  EXPECT_TRUE(stats.Stats({})->exact);
  EXPECT_EQ(stats.Stats({})->since_unix_ms, 0);
  ASSERT_TRUE(
      database().Execute("UPDATE usage_retention SET kept_from_unix_ms = $1", {kept_from}).ok());
  ASSERT_TRUE(database()
                  .Execute("DELETE FROM usage_events WHERE started_at_unix_ms < $1", {kept_from})
                  .ok());
  const auto all = stats.Stats({});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_FALSE(all->exact);
  EXPECT_EQ(all->requests, std::ssize(events_)) << "tallies outlive requests";
  const EventFilter of_key{.key_ids = {2}};
  const auto of_one_key = stats.Stats(of_key);
  ASSERT_TRUE(of_one_key.ok()) << of_one_key.status();
  EXPECT_FALSE(of_one_key->exact) << "no tally knows a key";
  EXPECT_EQ(of_one_key->since_unix_ms, kept_from);
  const auto gone = stats.Stats({.to_unix_ms = kept_from, .key_ids = {2}});
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_FALSE(gone->exact);
  EXPECT_EQ(gone->requests, 0);
  const auto kept = stats.Stats({.from_unix_ms = kept_from, .key_ids = {2}});
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(kept->exact);
  EXPECT_EQ(kept->since_unix_ms, 0);
  EXPECT_GT(kept->requests, 0);
}

TEST_P(UsageStatsTest, TalliesAreTheSumsOfTheRows) {
  Tally all;
  Tally of_account;
  Tally of_models;
  for (const UsageEvent& event : events_) {
    all.Add(event);
    if (event.account_id == 2) of_account.Add(event);
    if (event.model != "model-0") of_models.Add(event);
  }
  EXPECT_EQ(Sum({}), all);
  EXPECT_EQ(Sum({.account_ids = {2}}), of_account);
  EXPECT_EQ(Sum({.models = {"model-1", "model-2"}}), of_models);
  const std::int64_t from = kTestUnixMs + 30 * kHourMs;
  const std::int64_t to = from + 10 * kHourMs;
  Tally in_range;
  for (const UsageEvent& event : events_) {
    const std::int64_t hour = event.started_at_unix_ms - event.started_at_unix_ms % kHourMs;
    if (hour >= from - from % kHourMs && hour < to) in_range.Add(event);
  }
  EXPECT_GT(in_range.requests, 0);
  EXPECT_EQ(Sum({.from_unix_ms = from, .to_unix_ms = to}), in_range);
}

TEST_P(UsageStatsTest, FewRequestsAreLookedAtOneByOne) {
  const EventFilter filter{.key_ids = {1, 2}, .stream = true};
  const auto answer = UsageStats(database()).Stats(filter);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->exact);
  Counts latency;
  Counts first_token;
  std::map<std::int64_t, std::int64_t> statuses;
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t hits = 0;
  for (const UsageEvent& event : events_) {
    if ((event.key_id != 1 && event.key_id != 2) || !event.stream) continue;
    ++requests;
    ++statuses[event.status];
    errors += event.error_class.empty() ? 0 : 1;
    hits += event.cache_hit ? 1 : 0;
    if (event.failed() || event.cache_hit) continue;
    ++latency[event.latency_ms];
    if (event.first_token_ms >= 0) ++first_token[event.first_token_ms];
  }
  EXPECT_EQ(answer->requests, requests);
  EXPECT_EQ(answer->cache_hits, hits);
  EXPECT_EQ(answer->latency, PercentilesOf(latency));
  EXPECT_EQ(answer->first_token, PercentilesOf(first_token));
  EXPECT_LT(answer->first_token.measured, answer->latency.measured);
  EXPECT_EQ(answer->statuses, (decltype(answer->statuses){statuses.begin(), statuses.end()}));
  ASSERT_EQ(answer->error_classes.size(), 1U);
  EXPECT_EQ(answer->error_classes[0].second, errors);
}

TEST_P(UsageStatsTest, OverManyRequestsTalliesAnswerNearly) {
  UsageStats stats(database());
  const auto exact = stats.Stats({});
  ASSERT_TRUE(exact.ok()) << exact.status();
  ASSERT_TRUE(exact->exact);
  PretendRequests(kExactRequestsMax);
  const auto near = stats.Stats({});
  ASSERT_TRUE(near.ok()) << near.status();
  EXPECT_FALSE(near->exact);
  EXPECT_EQ(near->requests, exact->requests);
  EXPECT_EQ(near->cache_hits, exact->cache_hits);
  EXPECT_EQ(near->statuses, exact->statuses);
  EXPECT_EQ(near->error_classes, exact->error_classes);
  EXPECT_EQ(near->latency.measured, exact->latency.measured);
  for (const auto& [got, wanted] : {std::pair(near->latency.p50, exact->latency.p50),
                                    std::pair(near->latency.p99, exact->latency.p99),
                                    std::pair(near->first_token.p95, exact->first_token.p95)}) {
    EXPECT_LE(std::abs(got - wanted) * 32, wanted);
  }
}

TEST_P(UsageStatsTest, WhatTalliesDoNotKnowIsBounded) {
  UsageStats stats(database());
  PretendRequests(kRowRequestsMax);
  for (const EventFilter& filter :
       {EventFilter{.key_ids = {1}}, EventFilter{.user_ids = {1}}, EventFilter{.statuses = {200}},
        EventFilter{.account_ids = {1}, .models = {"model-1"}}}) {
    EXPECT_FALSE(TalliesAnswer(filter));
    EXPECT_TRUE(absl::IsInvalidArgument(stats.Stats(filter).status()));
  }
  EXPECT_TRUE(stats.Stats({.account_ids = {1, 2}}).ok());
}

TEST_P(UsageStatsTest, AnExportHasEveryRowOnceTheOldestFirst) {
  UsageQuery query(database());
  std::vector<UsageEvent> rows;
  std::vector<std::int64_t> attempts;
  std::size_t pieces = 0;
  ASSERT_TRUE(query
                  .Export({.user_ids = {0, 1}},
                          [&](const ListAnswer& piece) {
                            ++pieces;
                            EXPECT_EQ(piece.attempt_counts.size(), piece.events.size());
                            attempts.insert(attempts.end(), piece.attempt_counts.begin(),
                                            piece.attempt_counts.end());
                            rows.insert(rows.end(), piece.events.begin(), piece.events.end());
                            return true;
                          })
                  .ok());
  std::map<std::pair<std::int64_t, std::string>, const UsageEvent*> expected;
  for (const UsageEvent& event : events_) {
    if (event.user_id <= 1) expected[{event.started_at_unix_ms, event.id}] = &event;
  }
  ASSERT_EQ(rows.size(), expected.size());
  std::size_t i = 0;
  for (const auto& [key, event] : expected) EXPECT_EQ(rows[i++].id, event->id);
  ASSERT_TRUE(query.Export({}, [&](const auto&) { return ++pieces > 1000; }).ok());
  EXPECT_LT(pieces, 10U) << "a taker that has left ends it";
}

TEST_P(UsageStatsTest, ServedDaysAreTheSumsOfTheRows) {
  const std::int64_t first = kTestUnixMs - kTestUnixMs % kDayMs;
  const auto days = ReadServedDays(
      database(),
      {.from_unix_ms = first + kDayMs, .to_unix_ms = first + 3 * kDayMs, .account_ids = {1, 2}});
  ASSERT_TRUE(days.ok()) << days.status();
  std::map<std::tuple<std::int64_t, std::string, std::int64_t>, ServedDay> expected;
  for (const UsageEvent& event : events_) {
    const std::int64_t day = event.started_at_unix_ms - event.started_at_unix_ms % kDayMs;
    if (day < first + kDayMs || day >= first + 3 * kDayMs || event.usage_source == 0 ||
        (event.account_id != 1 && event.account_id != 2)) {
      continue;
    }
    ServedDay& sum = expected[{day, event.served_model, event.account_id}];
    ++sum.requests;
    sum.tokens.input += event.tokens.input;
    sum.tokens.output += event.tokens.output;
    sum.cost_nano_usd += event.cost_nano_usd;
  }
  ASSERT_EQ(days->size(), expected.size());
  for (const ServedDay& day : *days) {
    const ServedDay& sum = expected[{day.day_unix_ms, day.served_model, day.account_id}];
    EXPECT_EQ(day.requests, sum.requests);
    EXPECT_EQ(day.tokens.input, sum.tokens.input);
    EXPECT_EQ(day.tokens.output, sum.tokens.output);
    EXPECT_EQ(day.cost_nano_usd, sum.cost_nano_usd);
  }
  for (const ServedDaysQuestion& question :
       {ServedDaysQuestion{.from_unix_ms = first, .to_unix_ms = first},
        ServedDaysQuestion{.from_unix_ms = first + 1, .to_unix_ms = first + kDayMs},
        ServedDaysQuestion{.from_unix_ms = 0, .to_unix_ms = 401 * kDayMs}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadServedDays(database(), question).status()));
  }
}

}  // namespace
}  // namespace weir::usage
