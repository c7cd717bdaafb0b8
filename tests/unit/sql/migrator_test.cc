#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/sql/database.h"
#include "libs/common/sql/schema_lock.h"
#include "tests/unit/support/databases.h"

namespace weir::sql {
namespace {

using ::testing::HasSubstr;

class MigratorTest : public weir::testing::DatabaseTest {};

INSTANTIATE_ON_BOTH_DATABASES(MigratorTest);

const Migration kFirst = {1, "first", R"(
  CREATE TABLE a (id {identity}, name TEXT NOT NULL);
  INSERT INTO a (name) VALUES ('one; two');
)"};
const Migration kSecond = {2, "second", "ALTER TABLE a ADD COLUMN size BIGINT NOT NULL DEFAULT 7",
                           "INSERT INTO a (name) VALUES ('sqlite')",
                           "INSERT INTO a (name) VALUES ('postgres')"};

TEST_P(MigratorTest, RunsEachStepOnce) {
  ASSERT_TRUE(Migrate(database(), "test", {kFirst}).ok());
  ASSERT_TRUE(Migrate(database(), "test", {kFirst, kSecond}).ok());
  ASSERT_TRUE(Migrate(database(), "test", {kFirst, kSecond}).ok());
  const auto rows = database().Query("SELECT id, name, size FROM a ORDER BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 2U);
  EXPECT_EQ(rows->rows[0].Int(0), 1);
  EXPECT_EQ(rows->rows[0].Text(1), "one; two");
  EXPECT_EQ(rows->rows[1].Int(0), 2);
  EXPECT_EQ(rows->rows[1].Text(1), GetParam() == SqlDialect::kSqlite ? "sqlite" : "postgres");
  EXPECT_EQ(rows->rows[1].Int(2), 7);
}

TEST_P(MigratorTest, ComponentsDoNotMix) {
  ASSERT_TRUE(Migrate(database(), "admin", {kFirst}).ok());
  ASSERT_TRUE(Migrate(database(), "usage", {{1, "own", "CREATE TABLE b (x BIGINT)"}}).ok());
  const auto rows = database().Query(
      "SELECT component, number, name, applied_at_unix_ms FROM schema_migrations ORDER BY 1");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 2U);
  EXPECT_EQ(rows->rows[1].Text(0), "usage");
  EXPECT_EQ(rows->rows[1].Text(2), "own");
  EXPECT_GT(rows->rows[1].Int(3), 1'600'000'000'000);
}

TEST_P(MigratorTest, AFailedStepLeavesNothing) {
  const Migration broken = {2, "broken",
                            "CREATE TABLE b (x BIGINT);\nINSERT INTO nowhere VALUES (1)"};
  const absl::Status status = Migrate(database(), "test", {kFirst, broken});
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 2 (broken) of test"));
  EXPECT_FALSE(database().Query("SELECT x FROM b").ok());
  EXPECT_TRUE(Migrate(database(), "test", {kFirst, kSecond}).ok());
}

TEST_P(MigratorTest, RefusesADatabaseThatIsNewer) {
  ASSERT_TRUE(Migrate(database(), "test", {kFirst, kSecond}).ok());
  const absl::Status status = Migrate(database(), "test", {kFirst});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

// Holds what `lock` takes until it is destroyed.
class Held {
 public:
  Held(Database& database, const Database::Body& lock) {
    std::promise<void> held;
    thread_ = std::thread([this, &database, &held, lock] {
      const absl::Status status = database.Transact([&](Transaction& transaction) {
        absl::Status locked = lock(transaction);
        held.set_value();
        let_go_.get_future().wait();
        return locked;
      });
      EXPECT_TRUE(status.ok()) << status;
    });
    held.get_future().wait();
  }
  ~Held() {
    let_go_.set_value();
    thread_.join();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  std::promise<void> let_go_;
  std::thread thread_;
};

constexpr LockWait kShort = {.try_ms = 20, .rounds_max = 2};

TEST_P(MigratorTest, SaysWhoHasTheLockAndDoesNotWaitForEver) {
  if (database().dialect() == SqlDialect::kSqlite) GTEST_SKIP() << "one writer at a time";
  ASSERT_TRUE(Migrate(database(), "test", {kFirst}).ok());
  const auto other = Open();
  {
    const Held held(
        *other, [](Transaction& transaction) { return HoldSchema(transaction, "test", {kFirst}); });
    const absl::Status status = Migrate(database(), "test", {kFirst, kSecond}, kShort);
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("the schema of test is locked since"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("PostgreSQL's process "));
    EXPECT_TRUE(
        Migrate(database(), "another", {{1, "own", "CREATE TABLE b (x BIGINT)"}}, kShort).ok())
        << "components do not wait for each other";
  }
  EXPECT_TRUE(Migrate(database(), "test", {kFirst, kSecond}, kShort).ok());
}

TEST_P(MigratorTest, AStepThatWaitsForATableLetsGoOfItsOwnLocks) {
  if (database().dialect() == SqlDialect::kSqlite) GTEST_SKIP() << "one writer at a time";
  ASSERT_TRUE(Migrate(database(), "test", {kFirst}).ok());
  const auto other = Open();
  {
    // As a backup does.
    const Held held(*other, [](Transaction& transaction) {
      return transaction.Execute("LOCK TABLE a IN ACCESS SHARE MODE").status();
    });
    const absl::Status status = Migrate(database(), "test", {kFirst, kSecond}, kShort);
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("migration 2 (second) of test"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("holds a table that a step needs"));
    EXPECT_TRUE(database().Query("SELECT COUNT(*) FROM a").ok());
  }
  EXPECT_TRUE(Migrate(database(), "test", {kFirst, kSecond}, kShort).ok());
}

TEST_P(MigratorTest, SeveralProcessesAtOnce) {
  std::vector<absl::Status> statuses(4);
  std::vector<std::unique_ptr<Database>> databases;
  for (std::size_t i = 0; i < statuses.size(); ++i) databases.push_back(Open());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    threads.emplace_back([&, i] {
      statuses[i] = Migrate(*databases[i], "test", {kFirst, kSecond});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(database().Query("SELECT COUNT(*) FROM a")->rows.at(0).Int(0), 2);
}

}  // namespace
}  // namespace weir::sql
