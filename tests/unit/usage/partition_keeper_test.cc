// The ledger's days on PostgreSQL; on SQLite the same calls must find nothing to do.
#include "services/usage/partition_keeper.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/event_columns.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_query.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kToday = kTestUnixMs - kTestUnixMs % kDayMs;

UsageEvent EventAt(std::int64_t unix_ms) {
  UsageEvent event = MakeEvent();
  event.id = NewUuid7Bytes(unix_ms);
  event.started_at_unix_ms = unix_ms;
  event.attempts.push_back({.account_id = 9, .http_status = 200, .started_at_unix_ms = unix_ms});
  return event;
}

TEST(DayPartitionTest, NamesTellWhatIsInThem) {
  EXPECT_EQ(DayPartitionName("usage_events", kToday), "usage_events_20250615");
  EXPECT_EQ(UntilPartitionName("usage_events", kToday), "usage_events_until_20250615");
  const auto day = PartitionFromName("usage_events", "usage_events_20250615");
  ASSERT_TRUE(day.has_value());
  EXPECT_EQ(day->span.begin_unix_ms, kToday);
  EXPECT_EQ(day->span.end_unix_ms, kToday + kDayMs);
  const auto until = PartitionFromName("usage_events", "usage_events_until_20250615");
  ASSERT_TRUE(until.has_value());
  EXPECT_EQ(until->span.begin_unix_ms, 0);
  EXPECT_EQ(until->span.end_unix_ms, kToday);
  for (const char* name : {"usage_events_default", "usage_events_20250231", "usage_events_2025061",
                           "usage_events", "other_20250615", "usage_events_until_x"}) {
    EXPECT_FALSE(PartitionFromName("usage_events", name).has_value()) << name;
  }
}

TEST(DayPartitionTest, IdsSortByTheirTime) {
  const std::string id = NewUuid7Bytes(kToday);
  EXPECT_EQ(UnixMsOfId(id), kToday);
  EXPECT_GE(id, LeastId(kToday));
  EXPECT_LT(id, LeastId(kToday + 1));
  EXPECT_LT(NewUuid7Bytes(kToday - 1), LeastId(kToday));
  EXPECT_EQ(LeastIdSql(0x0123456789abLL), "'\\x0123456789ab'");
}

class PartitionKeeperTest : public weir::testing::DatabaseTest {
 protected:
  bool postgres() const { return GetParam() == sql::SqlDialect::kPostgres; }

  void Migrate() {
    const absl::Status status = MigrateLedger(database());
    ASSERT_TRUE(status.ok()) << status;
    keeper_ = std::make_unique<PartitionKeeper>(database(), clock_, 2);
  }

  std::int64_t Insert(const std::vector<UsageEvent>& events) {
    const auto marks = UsageLedger(database()).Insert(Pointers(events));
    EXPECT_TRUE(marks.ok()) << marks.status();
    return marks.ok() ? std::count(marks->begin(), marks->end(), Stored::kNew) : -1;
  }

  std::int64_t Count(const std::string& table) {
    const auto result = database().Query("SELECT COUNT(*) FROM " + table);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->rows.at(0).Int(0) : -1;
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto report = keeper_->Report();
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) {
      for (const DayPartition& partition : report->partitions) names.push_back(partition.name);
    }
    return names;
  }

  FakeClock clock_{kTestUnixMs};
  std::unique_ptr<PartitionKeeper> keeper_;
};

INSTANTIATE_ON_BOTH_DATABASES(PartitionKeeperTest);

TEST_P(PartitionKeeperTest, MakesTodayAndTheDaysAheadOnce) {
  Migrate();
  for (int i = 0; i < 2; ++i) {
    const absl::Status made = keeper_->MakeAhead();
    ASSERT_TRUE(made.ok()) << made;
  }
  const std::vector<std::string> days = {"usage_events_20250615", "usage_events_20250616",
                                         "usage_events_20250617"};
  EXPECT_EQ(Names(), postgres() ? days : std::vector<std::string>());
}

// A relay that was away for long sends what is refused; its days must not come back for that.
TEST_P(PartitionKeeperTest, DaysThatRetentionDroppedAreNotMadeAgain) {
  Migrate();
  const auto raised = database().Execute("UPDATE usage_retention SET kept_from_unix_ms = $1",
                                         {kToday - 3 * kDayMs + 1});
  ASSERT_TRUE(raised.ok()) << raised.status();
  const std::vector<UsageEvent> events = {
      EventAt(kToday - 4 * kDayMs), EventAt(kToday - 3 * kDayMs), EventAt(kToday - 20 * kDayMs)};
  EXPECT_EQ(keeper_->PrepareFor(Pointers(events)), 0);
  const std::vector<std::string> days = {"usage_events_20250612", "usage_events_20250615",
                                         "usage_events_20250616", "usage_events_20250617"};
  EXPECT_EQ(Names(), postgres() ? days : std::vector<std::string>());
}

TEST_P(PartitionKeeperTest, ABatchFindsItsDaysMade) {
  Migrate();
  const std::vector<UsageEvent> events = {EventAt(kTestUnixMs), EventAt(kTestUnixMs - 20 * kDayMs)};
  EXPECT_EQ(keeper_->PrepareFor(Pointers(events)), 0);
  EXPECT_EQ(Insert(events), 2);
  EXPECT_EQ(Insert(events), 0);
  EXPECT_EQ(Count("usage_events"), 2);
  if (!postgres()) return;
  EXPECT_EQ(Count("usage_events_20250526"), 1);
  EXPECT_EQ(Count("usage_attempts_20250526"), 1);
  EXPECT_EQ(Count("usage_events_default"), 0);
  clock_.AdvanceMs(3 * kDayMs);  // beyond what was made ahead
  const std::vector<UsageEvent> later = {EventAt(clock_.NowUnixMs())};
  EXPECT_EQ(keeper_->PrepareFor(Pointers(later)), 0);
  EXPECT_EQ(Insert(later), 1);
  EXPECT_EQ(Count("usage_events_20250618"), 1);
}

TEST_P(PartitionKeeperTest, DaysThatNobodyExpectedLieInTheDefaultAndAreFoundThere) {
  Migrate();
  const std::vector<UsageEvent> events = {EventAt(kTestUnixMs - 300 * kDayMs),
                                          EventAt(kTestUnixMs + 300 * kDayMs), EventAt(kToday)};
  EXPECT_EQ(keeper_->PrepareFor(Pointers(events)), postgres() ? 2 : 0);
  EXPECT_EQ(Insert(events), 3);
  EXPECT_EQ(Insert(events), 0);
  EXPECT_EQ(UsageQuery(database()).Get(events[1].id)->attempts.size(), 1U);
  EXPECT_EQ(keeper_->Report()->default_events, postgres() ? 2 : 0);

  const auto moved = keeper_->SortDefault(10);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(*moved, postgres() ? 1 : 0) << "what lies in the future stays";
  EXPECT_EQ(Insert(events), 0) << "a row that moved is still there once";
  EXPECT_EQ(Count("usage_events"), 3);
  EXPECT_EQ(Count("usage_attempts"), 3);
  EXPECT_EQ(keeper_->Report()->default_events, postgres() ? 1 : 0);
  clock_.SetUnixMs(kTestUnixMs + 299 * kDayMs);
  EXPECT_TRUE(keeper_->MakeAhead().ok()) << "its day's partition takes the row in";
  EXPECT_EQ(keeper_->Report()->default_events, 0);
  EXPECT_EQ(Insert(events), 0);
}

TEST_P(PartitionKeeperTest, DropsWholeDaysAndNothingElse) {
  Migrate();
  const std::vector<UsageEvent> events = {EventAt(kToday - 2 * kDayMs), EventAt(kToday - 1),
                                          EventAt(kToday)};
  keeper_->PrepareFor(Pointers(events));
  ASSERT_EQ(Insert(events), 3);
  const auto dropped = keeper_->DropBefore(kToday - kDayMs + 1);
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  if (!postgres()) {
    EXPECT_EQ(*dropped, 0);
    return;
  }
  EXPECT_EQ(*dropped, 1);
  EXPECT_EQ(Count("usage_events"), 2);
  EXPECT_EQ(Count("usage_attempts"), 2);
}

// A database of a Weir that knew plain tables only.
TEST_P(PartitionKeeperTest, PlainTablesBecomeTheirFirstPartitionAndLoseNothing) {
  std::vector<sql::Migration> before = LedgerMigrations();
  before.resize(4);
  ASSERT_TRUE(sql::Migrate(database(), "usage", before).ok());
  const std::int64_t now = UnixMs();
  RandomEvents random(17);
  std::vector<UsageEvent> events = random.Many(300);
  events.push_back(EventAt(now));
  events.push_back(EventAt(now + 30 * kDayMs));  // of a clock that was wrong
  // Those that came later stand at the end.
  std::vector<std::string_view> columns = EventColumns();
  while (columns.back() != "failed") columns.pop_back();
  for (const UsageEvent& event : events) {
    std::vector<sql::Value> values = EventValues(event);
    values.resize(columns.size());
    const absl::Status stored = database().Transact([&](sql::Transaction& transaction) {
      return transaction.InsertMany("usage_events", columns, {values});
    });
    ASSERT_TRUE(stored.ok()) << stored;
    if (event.attempts.empty()) continue;
    ASSERT_TRUE(database()
                    .Execute("INSERT INTO usage_attempts (event_id, number, account_id, "
                             "http_status, error_class, started_at_unix_ms, duration_ms) "
                             "VALUES ($1, 1, 9, 200, '', 1, 1)",
                             {sql::Blob{event.id}})
                    .ok());
  }
  const std::int64_t attempts = Count("usage_attempts");
  clock_.SetUnixMs(now);
  Migrate();
  EXPECT_EQ(Count("usage_events"), 302);
  EXPECT_EQ(Count("usage_attempts"), attempts);
  for (const UsageEvent& event : events) {
    EXPECT_EQ(UsageQuery(database()).Get(event.id)->cost_nano_usd, event.cost_nano_usd);
  }
  EXPECT_EQ(Insert(events), 0) << "what was stored before is still known";
  const absl::Status made = keeper_->MakeAhead();
  ASSERT_TRUE(made.ok()) << made;
  if (!postgres()) return;
  EXPECT_EQ(keeper_->Report()->default_events, 1);
  EXPECT_TRUE(Names().at(0).starts_with("usage_events_until_")) << Names().at(0);
  EXPECT_EQ(Names().size(), 3U) << "all until today, and two days ahead";
  EXPECT_EQ(Count("pg_indexes WHERE tablename = 'usage_events'"), 12);
  EXPECT_EQ(Count("pg_index WHERE NOT indisvalid"), 0);
}

// Four processes that start, write and sort at once: each row once, whatever meets whatever.
TEST_P(PartitionKeeperTest, KeepersOfSeveralProcessesDoNotDisturbEachOther) {
  Migrate();
  RandomEvents random(23);
  std::vector<UsageEvent> events = random.Many(400);
  std::atomic<std::int64_t> inserted = 0;
  const auto work = [&](int number) {
    const std::unique_ptr<sql::Database> own = Open(2);
    PartitionKeeper keeper(*own, clock_, 2);
    UsageLedger ledger(*own);
    for (std::size_t i = 0; i + 50 <= events.size(); i += 50) {
      std::vector<const UsageEvent*> batch;
      for (std::size_t j = i; j < i + 50; ++j) batch.push_back(&events[j]);
      if (number % 2 == 0) keeper.PrepareFor(batch);  // the others fill the default partition
      auto marks = ledger.Insert(batch);
      while (!marks.ok()) marks = ledger.Insert(batch);  // as the batch writer does
      inserted += std::count(marks->begin(), marks->end(), Stored::kNew);
      if (number % 2 == 1) (void)keeper.SortDefault(2);  // may be busy
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 400);
  EXPECT_EQ(Count("usage_events"), 400);
  EXPECT_EQ(database()
                .Query("SELECT CAST(SUM(requests) AS BIGINT) FROM usage_quarters")
                ->rows.at(0)
                .Int(0),
            400);
  clock_.AdvanceMs(6 * kDayMs);
  EXPECT_TRUE(keeper_->SortDefault(100).ok());
  EXPECT_EQ(keeper_->Report()->default_events, 0);
  EXPECT_EQ(Count("usage_events"), 400);
}

}  // namespace
}  // namespace weir::usage
