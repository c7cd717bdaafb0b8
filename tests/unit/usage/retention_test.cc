#include "services/usage/retention.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/schema.h"
#include "services/usage/spend_ledger.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kToday = kTestUnixMs - kTestUnixMs % kDayMs;

bool Never() { return false; }

UsageEvent EventAt(std::int64_t unix_ms) {
  UsageEvent event = MakeEvent();
  event.id = NewUuid7Bytes(unix_ms);
  event.started_at_unix_ms = unix_ms;
  event.attempts.push_back({.account_id = 9, .http_status = 200, .started_at_unix_ms = unix_ms});
  return event;
}

TEST(RetentionOptionsTest, SumsAreKeptAtLeastAsLongAsRequests) {
  EXPECT_TRUE(CheckRetention({0, 0}).ok());
  EXPECT_TRUE(CheckRetention({30, 0}).ok());
  EXPECT_TRUE(CheckRetention({30, 30}).ok());
  EXPECT_TRUE(CheckRetention({30, 400}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(CheckRetention({30, 29})));
  EXPECT_TRUE(absl::IsInvalidArgument(CheckRetention({0, 400})));
}

class RetentionTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    keeper_ = std::make_unique<PartitionKeeper>(database(), clock_, 2);
  }

  std::vector<Stored> Insert(const std::vector<UsageEvent>& events) {
    keeper_->PrepareFor(Pointers(events));
    auto outcomes = UsageLedger(database()).Insert(Pointers(events));
    EXPECT_TRUE(outcomes.ok()) << outcomes.status();
    return outcomes.ok() ? *std::move(outcomes) : std::vector<Stored>();
  }

  RetentionResult Apply(RetentionOptions options) {
    const auto result = Retention(database(), *keeper_, clock_, options).Apply(Never);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(RetentionResult{});
  }

  std::int64_t Number(const std::string& sql) {
    const auto result = database().Query(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->rows.at(0).Int(0) : -1;
  }

  FakeClock clock_{kTestUnixMs};
  std::unique_ptr<PartitionKeeper> keeper_;
};

INSTANTIATE_ON_BOTH_DATABASES(RetentionTest);

// A correction that a run wrote while its request was being taken away, by an older program.
TEST_P(RetentionTest, CorrectionsAndAttemptsWithoutARequestGoToo) {
  const UsageEvent old = EventAt(kToday - 40 * kDayMs);
  const UsageEvent young = EventAt(kToday);
  Insert({old, young});
  for (const UsageEvent* event : {&old, &young}) {
    ASSERT_TRUE(database()
                    .Execute("INSERT INTO usage_corrections (event_id, number, rerate_id, "
                             "made_at_unix_ms, cost_nano_usd, spend_nano_usd, price_id, "
                             "input_pico_usd, output_pico_usd, cache_read_pico_usd, "
                             "cache_write_5m_pico_usd, cache_write_1h_pico_usd, multiplier_ppm) "
                             "VALUES ($1, 1, 1, 1, 5, 0, 1, 1, 1, 1, 1, 1, 1000000)",
                             {sql::Blob{event->id}})
                    .ok());
  }
  ASSERT_TRUE(
      database().Execute("DELETE FROM usage_events WHERE id = $1", {sql::Blob{old.id}}).ok());
  Apply({.retention_days = 30, .rollup_retention_days = 0});
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_corrections"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_attempts"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 1);
}

// Several usage services store batches that overlap: at no moment is nobody at it.
TEST_P(RetentionTest, OverlappingBatchesDoNotKeepItOut) {
  if (GetParam() == sql::SqlDialect::kSqlite) return;  // one writer at a time, nothing to hold
  constexpr int kWriters = 4;
  const auto database = Open(kWriters + 1);
  std::atomic<bool> stop = false;
  std::atomic<int> held = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      while (!stop) {
        const absl::Status status = database->Transact([&](sql::Transaction& transaction) {
          const auto kept_from = HoldKeptFrom(transaction);
          ++held;
          std::this_thread::sleep_for(std::chrono::milliseconds(40));
          return kept_from.status();
        });
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  while (held < 2 * kWriters) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::atomic<bool> done = false;
  std::thread watchdog([&] {
    for (int i = 0; i < 1'000 && !done; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stop = true;
  });
  const auto result = Retention(*database, *keeper_, clock_, {}).DeleteEventsBefore(kToday, Never);
  EXPECT_FALSE(stop) << "it got in only when the writers ended";
  done = true;
  watchdog.join();
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->kept_from_unix_ms, kToday);
}

TEST_P(RetentionTest, TakesAwayWholeDaysAndKeepsTheirSums) {
  const UsageEvent gone = EventAt(kToday - 4 * kDayMs + 5);
  const UsageEvent last_gone = EventAt(kToday - 3 * kDayMs - 1);
  const UsageEvent kept = EventAt(kToday - 3 * kDayMs);
  const UsageEvent new_one = EventAt(kTestUnixMs);
  // Far back: on PostgreSQL it lies in the default partition.
  const UsageEvent old = EventAt(kToday - 300 * kDayMs);
  Insert({gone, last_gone, kept, new_one, old});
  const RetentionResult result = Apply({.retention_days = 3});
  EXPECT_EQ(result.kept_from_unix_ms, kToday - 3 * kDayMs);
  const bool postgres = GetParam() == sql::SqlDialect::kPostgres;
  EXPECT_EQ(result.partitions_dropped, postgres ? 1 : 0);  // both of them are of one day
  EXPECT_EQ(result.events_deleted, postgres ? 1 : 3);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_attempts"), 2);
  EXPECT_EQ(Number("SELECT CAST(SUM(requests) AS BIGINT) FROM usage_quarters"), 5);
}

TEST_P(RetentionTest, WhatIsGoneIsNotCountedAgain) {
  const UsageEvent old = EventAt(kToday - 4 * kDayMs);
  const UsageEvent kept = EventAt(kToday);
  EXPECT_EQ(Insert({old, kept}), (std::vector<Stored>{Stored::kNew, Stored::kNew}));
  Apply({.retention_days = 3});
  const UsageEvent late = EventAt(kToday - 3 * kDayMs - 1);  // never seen, but who can tell
  const UsageEvent fresh = EventAt(kToday + 1);
  EXPECT_EQ(
      Insert({old, late, kept, fresh}),
      (std::vector<Stored>{Stored::kTooOld, Stored::kTooOld, Stored::kDuplicate, Stored::kNew}));
  EXPECT_EQ(Number("SELECT CAST(SUM(requests) AS BIGINT) FROM usage_quarters"), 3);
  // Somebody wants to keep more from now on: what is gone stays gone.
  EXPECT_EQ(Apply({.retention_days = 300}).kept_from_unix_ms, kToday - 3 * kDayMs);
  EXPECT_EQ(Insert({old}), std::vector<Stored>{Stored::kTooOld});
}

TEST_P(RetentionTest, ForEverMeansForEver) {
  Insert({EventAt(kToday - 300 * kDayMs), EventAt(kToday)});
  const RetentionResult result = Apply({});
  EXPECT_EQ(result.kept_from_unix_ms, 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 2);
}

TEST_P(RetentionTest, AClockThatRunsAheadDeletesNothing) {
  Insert({EventAt(kToday - kDayMs), EventAt(kToday)});
  clock_.AdvanceMs(3650 * kDayMs);
  EXPECT_EQ(Apply({.retention_days = 3}).kept_from_unix_ms, kToday - 3 * kDayMs);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 2);
  // Nor does a relay's: its event is of a day that has not come.
  clock_.SetUnixMs(kTestUnixMs);
  Insert({EventAt(kToday + 3650 * kDayMs)});
  EXPECT_EQ(Apply({.retention_days = 3}).kept_from_unix_ms, kToday - 3 * kDayMs);
}

TEST_P(RetentionTest, ManyRowsGoInPieces) {
  std::vector<UsageEvent> events;
  for (int i = 0; i < 2'500; ++i) events.push_back(EventAt(kToday - 100 * kDayMs + i));
  events.push_back(EventAt(kToday));
  Insert(events);
  int asked = 0;
  Retention retention(database(), *keeper_, clock_, {.retention_days = 3});
  const auto stopped = retention.Apply([&asked] { return ++asked == 1; });
  EXPECT_TRUE(absl::IsCancelled(stopped.status())) << stopped.status();
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 1'501);
  EXPECT_EQ(Apply({.retention_days = 3}).events_deleted, 1'500) << "the next run goes on";
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_attempts"), 1);
}

TEST_P(RetentionTest, OldSumsGoAndLifetimesStayWhole) {
  std::vector<UsageEvent> events;
  for (const std::int64_t days : {400, 399, 100, 45, 20, 0}) {
    events.push_back(EventAt(kToday - days * kDayMs));
  }
  Insert(events);
  SpendLedger spend(database(), clock_);
  const Subject key{SubjectKind::kKey, 5};
  const Spend before = *spend.GetSpend(key, 0);
  const RetentionResult result = Apply({.retention_days = 30, .rollup_retention_days = 30});
  EXPECT_EQ(result.quarters_deleted, 4);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_quarters"), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_day_sums"), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_part_sums"), 2 * 4);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_subject_sums"), 2 * 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_tallies"), 2 * 3);
  // The 45th day back is in May, of which late events may still come: its row stays.
  EXPECT_EQ(result.days_folded, 3);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_days WHERE subject_kind = 1"), 4);
  const Spend after = *spend.GetSpend(key, 0);
  EXPECT_EQ(after.total_nano_usd, before.total_nano_usd);
  EXPECT_EQ(after.total_requests, 6);
  EXPECT_EQ(after.month_nano_usd, before.month_nano_usd);
  EXPECT_EQ(after.day_nano_usd, before.day_nano_usd);
  EXPECT_EQ(Apply({.retention_days = 30, .rollup_retention_days = 30}).days_folded, 0);
}

// While one process stores, sends twice and is late, another one takes days away: whatever meets
// whatever, nothing is counted twice.
TEST_P(RetentionTest, NothingIsCountedTwiceWhileDaysGo) {
  std::vector<UsageEvent> events;
  for (int i = 0; i < 600; ++i) events.push_back(EventAt(kToday - (i % 6) * kDayMs + i));
  std::atomic<std::int64_t> stored = 0;
  std::thread writer([&] {
    const std::unique_ptr<sql::Database> own = Open(2);
    UsageLedger ledger(*own);
    PartitionKeeper keeper(*own, clock_, 2);
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < events.size(); i += 100) {
        std::vector<const UsageEvent*> batch;
        for (std::size_t j = i; j < i + 100; ++j) batch.push_back(&events[j]);
        keeper.PrepareFor(batch);
        auto outcomes = ledger.Insert(batch);
        while (!outcomes.ok()) outcomes = ledger.Insert(batch);
        stored += std::count(outcomes->begin(), outcomes->end(), Stored::kNew);
      }
    }
  });
  for (const std::int64_t days : {5, 4, 3, 2}) {
    EXPECT_TRUE(
        Retention(database(), *keeper_, clock_, {.retention_days = days}).Apply(Never).ok());
  }
  writer.join();
  EXPECT_LE(stored, 600);
  EXPECT_EQ(Number("SELECT CAST(SUM(requests) AS BIGINT) FROM usage_quarters"), stored);
  Apply({.retention_days = 2});
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 300);
}

}  // namespace
}  // namespace weir::usage
