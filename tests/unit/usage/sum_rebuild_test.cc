#include "services/usage/sum_rebuild.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::string_view kNewerSchema =
    "INSERT INTO schema_migrations (component, number, name, applied_at_unix_ms) "
    "VALUES ('usage', 1000, 'of a newer program', 0)";

class SumRebuildTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    const absl::Status status = MigrateLedger(database());
    ASSERT_TRUE(status.ok()) << status;
  }

  void Run(std::string_view sql) {
    const auto done = database().Execute(sql);
    ASSERT_TRUE(done.ok()) << done.status();
  }

  // All rows of the three tables: what a row is of, and its sums.
  std::map<std::string, std::vector<std::int64_t>> Sums() {
    std::map<std::string, std::vector<std::int64_t>> sums;
    for (const std::string from : {"0, day_unix_ms, key_id, user_id, group_id, account_id, model#"
                                   "usage_day_sums",
                                   "part, quarter_unix_ms, 0, 0, group_id, account_id, model#"
                                   "usage_part_sums",
                                   "part, quarter_unix_ms, key_id, user_id, 0, 0, ''#"
                                   "usage_subject_sums"}) {
      const std::size_t mark = from.find('#');
      const auto rows = database().Query(
          "SELECT " + from.substr(0, mark) +
          ", requests, errors, estimated_requests, cache_hits, input_tokens, cache_read_tokens, "
          "cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, "
          "cost_nano_usd FROM " +
          from.substr(mark + 1));
      EXPECT_TRUE(rows.ok()) << rows.status();
      if (!rows.ok()) continue;
      for (const sql::Row& row : rows->rows) {
        std::string key = from.substr(mark);
        for (std::size_t i = 0; i < 6; ++i) key += " " + std::to_string(row.Int(i));
        std::vector<std::int64_t>& values = sums[key + " " + row.Text(6)];
        for (std::size_t i = 7; i < row.size(); ++i) values.push_back(row.Int(i));
      }
    }
    return sums;
  }
};

INSTANTIATE_ON_BOTH_DATABASES(SumRebuildTest);

TEST_P(SumRebuildTest, AProgramOlderThanTheDatabaseStoresNothing) {
  const UsageEvent event = MakeEvent();
  Run(kNewerSchema);
  UsageLedger ledger(database());
  const auto refused = ledger.Insert({&event});
  EXPECT_TRUE(absl::IsUnavailable(refused.status()))
      << "a relay keeps what is not stored; it must not be told that it is refused for good: "
      << refused.status();
  EXPECT_EQ(refused.status().message(),
            "the database's schema of usage is number 1000, this program knows " +
                std::to_string(LedgerMigrations().back().number) + ": start a newer version");
  EXPECT_TRUE(absl::IsUnavailable(CheckLedgerSchema(database())));
  Run("DELETE FROM schema_migrations WHERE number = 1000");
  EXPECT_TRUE(CheckLedgerSchema(database()).ok());
  EXPECT_EQ(*ledger.Insert({&event}), std::vector<Stored>{Stored::kNew});
}

// Otherwise a step could sum up what is there, and miss what is being written.
TEST_P(SumRebuildTest, AStepOfTheSchemaWaitsForBatchesUnderWay) {
  if (database().dialect() == sql::SqlDialect::kSqlite) GTEST_SKIP() << "one writer at a time";
  const absl::Status status = database().Transact([&](sql::Transaction& transaction) {
    if (absl::Status held = HoldLedgerSchema(transaction); !held.ok()) return held;
    const auto taken = database().Query(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('weir_migrations_usage', 0))");
    EXPECT_TRUE(taken.ok()) << taken.status();
    EXPECT_EQ(taken->rows.at(0).Int(0), 0) << "the step would go ahead";
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(SumRebuildTest, MakesEverySumOfQuarterHoursAnew) {
  RandomEvents random(12);
  UsageLedger ledger(database());
  const std::vector<UsageEvent> events = random.Many(600);
  ASSERT_TRUE(ledger.Insert(Pointers(events)).ok());
  const auto right = Sums();
  ASSERT_GT(right.size(), 100U);
  // As an older program leaves them: rows that are missing, and rows that are short.
  Run("DELETE FROM usage_subject_sums WHERE quarter_unix_ms % 7 < 4");
  Run("UPDATE usage_part_sums SET requests = requests - 1, cost_nano_usd = 0");
  Run("DELETE FROM usage_day_sums WHERE key_id = 2");
  ASSERT_NE(Sums(), right);
  const auto days = RebuildSums(database());
  ASSERT_TRUE(days.ok()) << days.status();
  EXPECT_EQ(*days, 6);
  EXPECT_EQ(Sums(), right);
  EXPECT_EQ(*RebuildSums(database()), 6);
  EXPECT_EQ(Sums(), right) << "once more changes nothing";
}

TEST_P(SumRebuildTest, AnEmptyLedgerHasNothingToRebuild) { EXPECT_EQ(*RebuildSums(database()), 0); }

}  // namespace
}  // namespace weir::usage
