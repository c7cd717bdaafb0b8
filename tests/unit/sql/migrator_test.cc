#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/sql/database.h"
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
