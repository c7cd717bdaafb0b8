#include "services/usage/usage_ledger.h"

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <tuple>

#include <gtest/gtest.h>

#include "services/usage/event_conflicts.h"
#include "services/usage/rollups.h"
#include "services/usage/schema.h"
#include "services/usage/usage_query.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

class UsageLedgerTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    const absl::Status status = MigrateLedger(database());
    ASSERT_TRUE(status.ok()) << status;
  }

  // How many were new.
  std::int64_t Insert(sql::Database& database, const std::vector<UsageEvent>& events) {
    const auto marks = UsageLedger(database).Insert(Pointers(events));
    EXPECT_TRUE(marks.ok()) << marks.status();
    return marks.ok() ? std::count(marks->begin(), marks->end(), Stored::kNew) : -1;
  }
  std::int64_t Insert(const std::vector<UsageEvent>& events) { return Insert(database(), events); }

  std::int64_t Number(std::string_view sql) {
    const auto result = database().Query(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->rows.at(0).Int(0) : -1;
  }

  // The ledger's one promise about roll-ups: they are the sums of the rows, whatever came before.
  void ExpectRollupsToMatch() {
    for (const std::string column :
         {"input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
          "output_tokens", "reasoning_tokens", "cost_nano_usd"}) {
      EXPECT_EQ(Number("SELECT CAST(COALESCE(SUM(" + column + "), 0) AS BIGINT) FROM usage_events"),
                Number("SELECT CAST(COALESCE(SUM(" + column +
                       "), 0) AS BIGINT) FROM "
                       "usage_quarters"))
          << column;
    }
    const auto differences = database().Query(R"(
        SELECT COUNT(*) FROM (
          SELECT started_at_unix_ms - started_at_unix_ms % 900000 AS quarter, key_id, user_id,
                 group_id, account_id, model, COUNT(*) AS requests, SUM(failed) AS errors,
                 SUM(CASE WHEN usage_source = 2 THEN 1 ELSE 0 END) AS estimated,
                 SUM(cost_nano_usd) AS cost, SUM(output_tokens) AS output
          FROM usage_events
          GROUP BY started_at_unix_ms - started_at_unix_ms % 900000, key_id, user_id, group_id,
                   account_id, model) AS e
        LEFT JOIN usage_quarters AS q
          ON q.quarter_unix_ms = e.quarter AND q.key_id = e.key_id AND q.user_id = e.user_id
         AND q.group_id = e.group_id AND q.account_id = e.account_id AND q.model = e.model
         AND q.requests = e.requests AND q.errors = e.errors
         AND q.estimated_requests = e.estimated AND q.cost_nano_usd = e.cost
         AND q.output_tokens = e.output
        WHERE q.quarter_unix_ms IS NULL)");
    ASSERT_TRUE(differences.ok()) << differences.status();
    EXPECT_EQ(differences->rows.at(0).Int(0), 0);
    ExpectDaysToMatch("key_id", SubjectKind::kKey);
    ExpectDaysToMatch("user_id", SubjectKind::kUser);
    ExpectDaysToMatch("group_id", SubjectKind::kGroup);
    ExpectDaysToMatch("account_id", SubjectKind::kAccount);
  }

  void ExpectDaysToMatch(const std::string& column, SubjectKind kind) {
    using DayMap = std::map<std::tuple<std::int64_t, std::int64_t>,
                            std::tuple<std::int64_t, std::int64_t, std::int64_t>>;
    const auto read = [&](const std::string& sql) {
      DayMap days;
      const auto result = database().Query(sql);
      EXPECT_TRUE(result.ok()) << result.status();
      if (!result.ok()) return days;
      for (const sql::Row& row : result->rows) {
        days[{row.Int(0), row.Int(1)}] = {row.Int(2), row.Int(3), row.Int(4)};
      }
      return days;
    };
    const std::string day = "started_at_unix_ms - started_at_unix_ms % 86400000";
    EXPECT_EQ(read("SELECT " + column + ", " + day +
                   ", COUNT(*), CAST(SUM(cost_nano_usd) AS BIGINT), MAX(started_at_unix_ms) "
                   "FROM usage_events WHERE " +
                   column + " <> 0 GROUP BY " + column + ", " + day),
              read("SELECT subject_id, day_unix_ms, requests, cost_nano_usd, last_used_unix_ms "
                   "FROM usage_days WHERE subject_kind = " +
                   std::to_string(static_cast<std::int64_t>(kind))))
        << column;
  }
};

INSTANTIATE_ON_BOTH_DATABASES(UsageLedgerTest);

TEST_P(UsageLedgerTest, KeepsEveryField) {
  RandomEvents random(3);
  std::vector<UsageEvent> events = random.Many(200);
  events[0].relay_id = "tab\t newline\n quote ' backslash \\N ü 漢";
  ASSERT_EQ(Insert(events), 200);
  UsageQuery query(database());
  for (const UsageEvent& event : events) {
    const auto stored = query.Get(event.id);
    ASSERT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(*stored, event);
  }
}

TEST_P(UsageLedgerTest, TheSameEventThreeTimesIsOneRow) {
  const UsageEvent event = MakeEvent();
  EXPECT_EQ(Insert({event}), 1);
  EXPECT_EQ(Insert({event, event}), 0);
  const UsageEvent twice = MakeEvent();
  EXPECT_EQ(Insert({twice, twice, event}), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 2);
  EXPECT_EQ(Number("SELECT CAST(SUM(requests) AS BIGINT) FROM usage_quarters"), 2);
  ExpectRollupsToMatch();
}

TEST_P(UsageLedgerTest, TheFirstVersionOfAnEventStays) {
  UsageEvent event = MakeEvent();
  ASSERT_EQ(Insert({event}), 1);
  UsageEvent changed = event;
  changed.cost_nano_usd += 1;
  changed.key_id = 6;
  EXPECT_EQ(Insert({changed}), 0);
  EXPECT_EQ(*UsageQuery(database()).Get(event.id), event);
  ExpectRollupsToMatch();
}

TEST_P(UsageLedgerTest, ARepeatedEventWithAnotherContentIsKeptApartOnce) {
  const UsageEvent event = MakeEvent();
  UsageEvent changed = event;
  changed.tokens.output += 1;
  UsageLedger ledger(database());
  using Outcomes = std::vector<Stored>;
  EXPECT_EQ(*ledger.Insert({&event, &changed}), (Outcomes{Stored::kNew, Stored::kConflict}));
  EXPECT_EQ(*ledger.Insert({&changed, &event, &changed}), Outcomes(3, Stored::kDuplicate))
      << "it is known by now";
  UsageEvent other = event;
  other.key_id = 6;
  const UsageEvent again = other;
  EXPECT_EQ(*ledger.Insert({&other, &again}), (Outcomes{Stored::kConflict, Stored::kDuplicate}));
  EXPECT_EQ(*UsageQuery(database()).Get(event.id), event);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_conflicts"), 2);
  EXPECT_EQ(Number("SELECT output_tokens FROM usage_conflicts WHERE key_id = 5"), 101);
  EXPECT_GT(Number("SELECT MIN(received_at_unix_ms) FROM usage_conflicts"), kTestUnixMs);
  ExpectRollupsToMatch();
}

TEST_P(UsageLedgerTest, ARelayThatDiedAfterTheRealEndMakesNoConflict) {
  const UsageEvent event = MakeEvent();
  UsageEvent recovered = event;
  recovered.error_class = "relay_died";
  recovered.complete = false;
  recovered.tokens = {};
  UsageLedger ledger(database());
  EXPECT_EQ(*ledger.Insert({&event}), std::vector<Stored>{Stored::kNew});
  EXPECT_EQ(*ledger.Insert({&recovered}), std::vector<Stored>{Stored::kDuplicate});
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_conflicts"), 0);
}

// Rows are never changed: the real end is kept beside it, whole, and told.
TEST_P(UsageLedgerTest, ARealEndAfterARelayThatDiedIsKeptBesideItsRow) {
  const UsageEvent event = MakeEvent();
  UsageEvent recovered = event;
  recovered.error_class = "relay_died";
  recovered.complete = false;
  recovered.tokens = {};
  recovered.cost_nano_usd = 0;
  UsageLedger ledger(database());
  EXPECT_EQ(*ledger.Insert({&recovered}), std::vector<Stored>{Stored::kNew});
  EXPECT_EQ(*ledger.Insert({&event}), std::vector<Stored>{Stored::kConflict});
  EXPECT_EQ(*UsageQuery(database()).Get(event.id), recovered);
  EXPECT_EQ(Number("SELECT cost_nano_usd FROM usage_conflicts"), event.cost_nano_usd);
  EXPECT_EQ(Number("SELECT output_tokens FROM usage_conflicts"), event.tokens.output);
  ExpectRollupsToMatch();
}

TEST_P(UsageLedgerTest, ConflictsAmongManyRepeatedEventsAreFoundAndBounded) {
  RandomEvents random(9);
  std::vector<UsageEvent> events = random.Many(250);
  ASSERT_EQ(Insert(events), 250);
  for (const std::size_t at : {0U, 99U, 100U, 249U}) ++events[at].latency_ms;
  const auto outcomes = UsageLedger(database()).Insert(Pointers(events));
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  EXPECT_EQ(std::count(outcomes->begin(), outcomes->end(), Stored::kConflict), 4);
  EXPECT_EQ((*outcomes)[99], Stored::kConflict);
  for (int i = 0; i < 30; ++i) {
    ++events[0].latency_ms;
    Insert({events[0]});
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_conflicts"), 16 + 3);
}

TEST_P(UsageLedgerTest, ConflictsAreReadWithWhatIsStored) {
  const UsageEvent event = MakeEvent();
  UsageEvent changed = event;
  changed.tokens.output += 1;
  UsageEvent other = MakeEvent();
  ASSERT_EQ(Insert({event, changed, other}), 2);
  ++other.latency_ms;
  ASSERT_EQ(Insert({other}), 0);
  const auto all = ReadConflicts(database(), {.limit = 10});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->total, 2);
  ASSERT_EQ(all->conflicts.size(), 2U);
  const auto one = ReadConflicts(database(), {.id = event.id, .limit = 10});
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_EQ(one->conflicts.size(), 1U);
  EXPECT_EQ(one->conflicts[0].repeated, changed);
  EXPECT_EQ(one->conflicts[0].stored, event);
  EXPECT_GT(one->conflicts[0].received_at_unix_ms, kTestUnixMs);
  const auto count = ReadConflicts(database(), {});
  EXPECT_EQ(count->total, 2);
  EXPECT_TRUE(count->conflicts.empty());
  const std::int64_t later = one->conflicts[0].received_at_unix_ms + 60'000;
  EXPECT_EQ(ReadConflicts(database(), {.from_unix_ms = later, .limit = 10})->total, 0);
  EXPECT_EQ(ReadConflicts(database(), {.to_unix_ms = kTestUnixMs, .limit = 10})->total, 0);
}

TEST_P(UsageLedgerTest, RollupsAreTheSumsOfAnyMixOfNewAndRepeatedEvents) {
  RandomEvents random(4);
  std::vector<UsageEvent> all;
  std::int64_t inserted = 0;
  for (int round = 0; round < 12; ++round) {
    std::vector<UsageEvent> batch = random.Many(static_cast<std::size_t>(random.Int(1, 150)));
    for (int repeats = 0; repeats < 20 && !all.empty(); ++repeats) {
      const auto last = static_cast<std::int64_t>(all.size()) - 1;
      batch.push_back(all[static_cast<std::size_t>(random.Int(0, last))]);
    }
    all.insert(all.end(), batch.begin(), batch.end());
    inserted += Insert(batch);
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), inserted);
  std::int64_t attempts = 0;
  std::map<std::string, bool> seen;
  for (const UsageEvent& event : all) {
    if (!std::exchange(seen[event.id], true)) {
      attempts += static_cast<std::int64_t>(event.attempts.size());
    }
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_attempts"), attempts);
  ExpectRollupsToMatch();
}

// The relay never got the answer, because usage died after its commit: it sends all again, mixed
// with new events, to a new process.
TEST_P(UsageLedgerTest, ACrashBetweenCommitAndAnswerStaysExact) {
  RandomEvents random(5);
  std::vector<UsageEvent> events = random.Many(100);
  ASSERT_EQ(Insert(events), 100);
  std::unique_ptr<sql::Database> restarted = Open();
  ASSERT_NE(restarted, nullptr);
  ASSERT_TRUE(MigrateLedger(*restarted).ok());
  for (UsageEvent& event : random.Many(20)) events.push_back(std::move(event));
  EXPECT_EQ(Insert(*restarted, events), 20);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 120);
  ExpectRollupsToMatch();
}

TEST_P(UsageLedgerTest, ConcurrentWritersOfTheSameIdsStayExact) {
  RandomEvents random(6);
  const std::vector<UsageEvent> events = random.Many(400);
  std::unique_ptr<sql::Database> other = Open();
  ASSERT_NE(other, nullptr);
  std::atomic<std::int64_t> inserted = 0;
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::vector<UsageEvent> mine = events;
      std::shuffle(mine.begin(), mine.end(), std::mt19937(i));
      for (std::size_t begin = 0; begin < mine.size(); begin += 50) {
        const auto first = mine.begin() + static_cast<std::ptrdiff_t>(begin);
        inserted += Insert(i % 2 == 0 ? database() : *other, {first, first + 50});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 400);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM usage_events"), 400);
  ExpectRollupsToMatch();
}

TEST_P(UsageLedgerTest, AnEmptyBatchIsNothing) { EXPECT_EQ(Insert({}), 0); }

}  // namespace
}  // namespace weir::usage
