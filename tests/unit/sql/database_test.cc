// The same cases on SQLite and on PostgreSQL: what differs between the two is a bug of ours.
#include "libs/common/sql/database.h"

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/shutdown.h"
#include "tests/unit/support/databases.h"

namespace weir::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DatabaseTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    Run("CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT UNIQUE, raw BYTEA, "
        "size BIGINT CHECK (size >= 0), parent BIGINT REFERENCES things (id))");
  }

  Result Run(std::string_view sql, const std::vector<Value>& parameters = {}) {
    absl::StatusOr<Result> result = database().Execute(sql, parameters);
    EXPECT_TRUE(result.ok()) << result.status() << " in " << sql;
    return result.ok() ? *std::move(result) : Result{};
  }

  absl::StatusCode CodeOf(std::string_view sql, const std::vector<Value>& parameters = {}) {
    return database().Execute(sql, parameters).status().code();
  }

  std::int64_t Count() { return Run("SELECT COUNT(*) FROM things").rows.at(0).Int(0); }
};

INSTANTIATE_ON_BOTH_DATABASES(DatabaseTest);

TEST_P(DatabaseTest, GivesBackWhatWasStored) {
  const std::string bytes("\0\x01\xff\\x41\n", 8);
  const std::string text = "tab\t newline\n quote ' backslash \\ \\N ü 漢";
  Run("INSERT INTO things (id, name, raw, size) VALUES ($1, $2, $3, $4)",
      {std::int64_t{INT64_MIN}, text, Blob{bytes}, std::int64_t{INT64_MAX}});
  const Result result = Run("SELECT id, name, raw, size, parent FROM things");
  ASSERT_EQ(result.rows.size(), 1U);
  const Row& row = result.rows[0];
  EXPECT_EQ(row.Int(0), INT64_MIN);
  EXPECT_EQ(row.Text(1), text);
  EXPECT_EQ(row.Bytes(2), bytes);
  EXPECT_EQ(row.Int(3), INT64_MAX);
  EXPECT_TRUE(row.IsNull(4));
  EXPECT_EQ(row.Int(4), 0);
}

TEST_P(DatabaseTest, TellsEmptyFromNull) {
  Run("INSERT INTO things (id, name, raw) VALUES (1, $1, $2)", {std::string(), Blob{}});
  Run("INSERT INTO things (id, name, raw) VALUES (2, $1, $2)", {Value(), Value()});
  const Result result = Run("SELECT name, raw FROM things ORDER BY id");
  ASSERT_EQ(result.rows.size(), 2U);
  EXPECT_FALSE(result.rows[0].IsNull(0));
  EXPECT_FALSE(result.rows[0].IsNull(1));
  EXPECT_TRUE(result.rows[1].IsNull(0));
  EXPECT_TRUE(result.rows[1].IsNull(1));
}

TEST_P(DatabaseTest, ParametersMayComeInAnyOrderAndTwice) {
  Run("INSERT INTO things (id, name, size) VALUES ($2, $1, $2)",
      {std::string("seven"), std::int64_t{7}});
  const Result result =
      Run("SELECT id, name, size FROM things WHERE size = $1 OR id = $1", {std::int64_t{7}});
  ASSERT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.rows[0].Int(0), 7);
  EXPECT_EQ(result.rows[0].Text(1), "seven");
  EXPECT_EQ(result.rows[0].Int(2), 7);
}

// As for one that waited while its partition was taken from under it: it is to come again.
TEST_P(DatabaseTest, ARowInAnothersPartitionMayComeAgain) {
  if (GetParam() == SqlDialect::kSqlite) GTEST_SKIP() << "SQLite has no partitions";
  for (const char* sql : {"CREATE TABLE days (day BIGINT) PARTITION BY RANGE (day)",
                          "CREATE TABLE day_1 PARTITION OF days FOR VALUES FROM (1) TO (2)"}) {
    ASSERT_TRUE(database().Execute(sql).ok());
  }
  const auto refused = database().Execute("INSERT INTO day_1 (day) VALUES (5)");
  EXPECT_TRUE(absl::IsAborted(refused.status())) << refused.status();
}

TEST_P(DatabaseTest, SumsAreIntegers) {
  Run("INSERT INTO things (id, size) VALUES (1, 40), (2, 2)");
  EXPECT_EQ(Run("SELECT SUM(size) FROM things").rows.at(0).Int(0), 42);
}

TEST_P(DatabaseTest, UpsertReturnsRows) {
  const std::string_view kUpsert =
      "INSERT INTO things (id, size) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET "
      "size = things.size + excluded.size RETURNING size";
  EXPECT_EQ(Run(kUpsert, {std::int64_t{1}, std::int64_t{5}}).rows.at(0).Int(0), 5);
  EXPECT_EQ(Run(kUpsert, {std::int64_t{1}, std::int64_t{6}}).rows.at(0).Int(0), 11);
}

TEST_P(DatabaseTest, TellsHowManyRowsChanged) {
  Run("INSERT INTO things (id) VALUES (1), (2), (3)");
  EXPECT_EQ(Run("UPDATE things SET size = 1 WHERE id > 1").affected_rows, 2);
  EXPECT_EQ(Run("DELETE FROM things WHERE id = 9").affected_rows, 0);
}

TEST_P(DatabaseTest, MapsConstraintErrors) {
  Run("INSERT INTO things (id, name) VALUES (1, 'a')");
  EXPECT_EQ(CodeOf("INSERT INTO things (id) VALUES (1)"), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(CodeOf("INSERT INTO things (id, name) VALUES (2, 'a')"),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(CodeOf("INSERT INTO things (id, size) VALUES (2, -1)"),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("INSERT INTO things (id, parent) VALUES (2, 9)"),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf("SELECT no_such_column FROM things"), absl::StatusCode::kInternal);
  EXPECT_EQ(Count(), 1);
}

TEST_P(DatabaseTest, RefusesWrongParameters) {
  const std::string_view kInsert = "INSERT INTO things (id, name) VALUES ($1, $2)";
  EXPECT_EQ(CodeOf(kInsert, {std::int64_t{1}, std::string("a\0b", 3)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(database().Execute(kInsert, {std::int64_t{1}}).ok());
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, ErrorsNameTheConstraintAndNoValue) {
  Run("INSERT INTO things (id, name) VALUES (1, 'hidden-value')");
  const absl::Status status =
      database()
          .Execute("INSERT INTO things (id, name) VALUES (2, $1)", {std::string("hidden-value")})
          .status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("name"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hidden-value")));
}

TEST_P(DatabaseTest, RollsBackOnAnError) {
  const absl::Status status = database().Transact([](Transaction& transaction) {
    EXPECT_TRUE(transaction.Execute("INSERT INTO things (id) VALUES (1)").ok());
    return absl::NotFoundError("mine");
  });
  EXPECT_EQ(status, absl::NotFoundError("mine"));
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, IsOverAfterTheFirstErrorEvenWhenTheBodyIgnoresIt) {
  const absl::Status status = database().Transact([](Transaction& transaction) {
    EXPECT_TRUE(transaction.Execute("INSERT INTO things (id) VALUES (1)").ok());
    EXPECT_FALSE(transaction.Execute("INSERT INTO things (id) VALUES (1)").ok());
    EXPECT_FALSE(transaction.Execute("INSERT INTO things (id) VALUES (2)").ok());
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, TriesAgainOnAbortedAtMostFiveTimes) {
  int tries = 0;
  EXPECT_TRUE(database()
                  .Transact([&](Transaction&) {
                    return ++tries < 3 ? absl::AbortedError("collision") : absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(tries, 3);
  tries = 0;
  EXPECT_TRUE(absl::IsAborted(database().Transact([&](Transaction&) {
    ++tries;
    return absl::AbortedError("collision");
  })));
  EXPECT_EQ(tries, 5);
}

TEST_P(DatabaseTest, InsertsManyRows) {
  std::vector<std::vector<Value>> rows;
  for (std::int64_t id = 0; id < 1000; ++id) {
    rows.push_back({id, "name\t\\" + std::to_string(id), Blob{std::string(1, '\0')}, Value()});
  }
  const absl::Status status = database().Transact([&](Transaction& transaction) {
    return transaction.InsertMany("things", {"id", "name", "raw", "size"}, rows);
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(), 1000);
  const Row row = Run("SELECT name, raw, size FROM things WHERE id = 7").rows.at(0);
  EXPECT_EQ(row.Text(0), "name\t\\7");
  EXPECT_EQ(row.Bytes(1), std::string(1, '\0'));
  EXPECT_TRUE(row.IsNull(2));
}

TEST_P(DatabaseTest, InsertManyIsAllOrNothing) {
  const absl::Status status = database().Transact([&](Transaction& transaction) {
    return transaction.InsertMany("things", {"id"}, {{std::int64_t{1}}, {std::int64_t{1}}});
  });
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, TryInsertManyWritesAllOrNothingAndGoesOn) {
  Run("INSERT INTO things (id, name) VALUES (2, 'b')");
  const std::vector<std::string_view> columns = {"id", "name"};
  const auto row = [](std::int64_t id, const char* name) {
    return std::vector<Value>{id, std::string(name)};
  };
  absl::Status status = database().Transact([&](Transaction& transaction) {
    const auto first = transaction.TryInsertMany("things", columns, {row(3, "c"), row(2, "x")});
    EXPECT_TRUE(first.ok() && !*first) << first.status();
    const auto second = transaction.TryInsertMany("things", columns, {row(3, "c"), row(4, "d")});
    EXPECT_TRUE(second.ok() && *second) << second.status();
    return transaction.Execute("UPDATE things SET size = 1 WHERE id = 4").status();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(), 3);
  EXPECT_EQ(Run("SELECT name FROM things WHERE id = 2").rows.at(0).Text(0), "b");
  status = database().Transact([&](Transaction& transaction) {
    return transaction
        .TryInsertMany("things", {"id", "size"}, {{std::int64_t{9}, std::int64_t{-1}}})
        .status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << "another constraint ends it";
  EXPECT_EQ(Count(), 3);
}

TEST_P(DatabaseTest, MergeManyAddsToWhatIsThereAndTellsWhatWasNew) {
  const std::string odd = "quote \" backslash \\ comma , brace } null NULL tab\t newline\n '";
  const std::string bytes("\0\xff\"\\", 4);
  Run("INSERT INTO things (id, name, size) VALUES (2, 'b', 40)");
  const std::vector<std::string_view> columns = {"id", "name", "raw", "size"};
  const auto row = [&](std::int64_t id, const std::string& name, std::int64_t size) {
    return std::vector<Value>{id, name, Blob{bytes}, size};
  };
  std::vector<std::int64_t> fresh;
  absl::Status status = database().Transact([&](Transaction& transaction) {
    const auto added =
        transaction.MergeMany("things", columns, {row(1, odd, 1), row(2, "", 2), row(3, "", 0)},
                              "ON CONFLICT (id) DO UPDATE SET size = things.size + excluded.size");
    if (!added.ok()) return added.status();
    const auto merged =
        transaction.MergeMany("things", columns, {row(3, "x", 7), row(4, "d", INT64_MAX)},
                              "ON CONFLICT (id) DO NOTHING RETURNING id");
    if (!merged.ok()) return merged.status();
    for (const Row& one : merged->rows) fresh.push_back(one.Int(0));
    return transaction.MergeMany("things", columns, {}, "ON CONFLICT (id) DO NOTHING").status();
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(fresh, std::vector<std::int64_t>{4});
  const Result rows = Run("SELECT name, raw, size FROM things ORDER BY id");
  ASSERT_EQ(rows.rows.size(), 4U);
  EXPECT_EQ(rows.rows[0].Text(0), odd);
  EXPECT_EQ(rows.rows[0].Bytes(1), bytes);
  EXPECT_EQ(rows.rows[1].Text(0), "b");
  EXPECT_EQ(rows.rows[1].Int(2), 42);
  EXPECT_EQ(rows.rows[2].Int(2), 0);
  EXPECT_EQ(rows.rows[3].Int(2), INT64_MAX);
}

TEST_P(DatabaseTest, MergeManyFailsAsAStatementDoes) {
  Run("INSERT INTO things (id, size) VALUES (1, 1)");
  const auto merge = [&](std::int64_t size, const std::string& name) {
    return database().Transact([&](Transaction& transaction) {
      return transaction
          .MergeMany("things", {"id", "size", "name"}, {{std::int64_t{1}, size, name}},
                     "ON CONFLICT (id) DO UPDATE SET size = things.size - excluded.size")
          .status();
    });
  };
  EXPECT_EQ(merge(2, "a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(merge(1, std::string("a\0b", 3)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run("SELECT size FROM things").rows.at(0).Int(0), 1);
}

// More than one message to the server, and rows that begin or end with nothing.
TEST_P(DatabaseTest, InsertsMoreThanAMessageHolds) {
  std::vector<std::vector<Value>> rows;
  for (std::int64_t id = 0; id < 3'000; ++id) {
    rows.push_back({id % 3 == 0 ? Value() : Value(std::string(100, 'x') + std::to_string(id)), id});
  }
  const absl::Status status = database().Transact([&](Transaction& transaction) {
    return transaction.InsertMany("things", {"name", "id"}, rows);
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(), 3'000);
  EXPECT_EQ(Run("SELECT COUNT(*) FROM things WHERE name IS NULL").rows.at(0).Int(0), 1'000);
  Run("CREATE TABLE texts (text TEXT)");
  const absl::Status empty = database().Transact([&](Transaction& transaction) {
    return transaction.InsertMany("texts", {"text"},
                                  {{std::string()}, {std::string("\\.")}, {std::string()}});
  });
  ASSERT_TRUE(empty.ok()) << empty;
  EXPECT_EQ(Run("SELECT COUNT(*) FROM texts WHERE text = ''").rows.at(0).Int(0), 2);
}

TEST_P(DatabaseTest, ReadingCannotWrite) {
  EXPECT_FALSE(database().Query("INSERT INTO things (id) VALUES (1)").ok());
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, ReadingSeesOneStateAndDoesNotWaitForTheWriter) {
  const absl::Status status = database().Read([&](Transaction& reader) {
    EXPECT_EQ(reader.Execute("SELECT COUNT(*) FROM things")->rows.at(0).Int(0), 0);
    Run("INSERT INTO things (id) VALUES (1)");
    EXPECT_EQ(reader.Execute("SELECT COUNT(*) FROM things")->rows.at(0).Int(0), 0);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(), 1);
}

// Read, decide, write: the pattern that goes wrong without Lock on PostgreSQL.
TEST_P(DatabaseTest, LockMakesReadThenWriteExactOverThreadsAndProcesses) {
  Run("INSERT INTO things (id, size) VALUES (1, 0)");
  std::unique_ptr<Database> other = Open();
  ASSERT_NE(other, nullptr);
  const auto increment = [](Transaction& transaction) {
    if (absl::Status locked = transaction.Lock("counter"); !locked.ok()) return locked;
    absl::StatusOr<Result> read = transaction.Execute("SELECT size FROM things WHERE id = 1");
    if (!read.ok()) return read.status();
    return transaction
        .Execute("UPDATE things SET size = $1 WHERE id = 1", {read->rows.at(0).Int(0) + 1})
        .status();
  };
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      Database& mine = i % 2 == 0 ? database() : *other;
      for (int n = 0; n < 25; ++n) failures += mine.Transact(increment).ok() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Run("SELECT size FROM things").rows.at(0).Int(0), 200);
}

TEST_P(DatabaseTest, ManyDifferentStatementsAreNoLeak) {
  for (int i = 0; i < 600; ++i) {
    Run("SELECT CAST($1 AS BIGINT) + " + std::to_string(i), {std::int64_t{1}});
  }
  EXPECT_EQ(Run("SELECT CAST($1 AS BIGINT) + 599", {std::int64_t{1}}).rows.at(0).Int(0), 600);
}

TEST(OpenDatabaseTest, RefusesOtherUrls) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenDatabase("mysql://host/x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenDatabase("sqlite:").status()));
  EXPECT_TRUE(absl::IsUnavailable(OpenDatabase("sqlite:/no/such/folder/x.db").status()));
}

TEST(OpenDatabaseTest, NeverTellsThePassword) {
  for (const char* url : {"postgresql://u:geheim@127.0.0.1:1/x", "postgresql://u:geheim@[::1/x",
                          "postgresql://u:geheim@127.0.0.1:notaport/x"}) {
    const absl::Status status = OpenDatabase(url).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("geheim")));
  }
}

TEST(OpenDatabaseTest, InMemoryReadsWhatItWrote) {
  auto database = OpenDatabase("sqlite::memory:");
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE((*database)->Execute("CREATE TABLE t (x BIGINT)").ok());
  ASSERT_TRUE((*database)->Execute("INSERT INTO t VALUES (5)").ok());
  EXPECT_EQ((*database)->Query("SELECT x FROM t")->rows.at(0).Int(0), 5);
}

TEST(PostgresAwayTest, IsUnavailableAndComesBack) {
  auto server = weir::testing::PostgresServer::Create();
  ASSERT_TRUE(server.ok()) << server.status();
  auto url = (*server)->NewDatabase();
  ASSERT_TRUE(url.ok()) << url.status();
  auto database = OpenDatabase(*url);
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE((*database)->Execute("CREATE TABLE t (x BIGINT)").ok());

  (*server)->Stop();
  EXPECT_TRUE(absl::IsUnavailable((*database)->Ping()));
  EXPECT_TRUE(absl::IsUnavailable((*database)->Execute("INSERT INTO t VALUES (1)").status()));
  ASSERT_TRUE((*server)->Start().ok());
  EXPECT_TRUE((*database)->Execute("INSERT INTO t VALUES (2)").ok());

  // Lost in the middle: an error, nothing of it stays, and the next one connects by itself.
  const absl::Status lost = (*database)->Transact([&](Transaction& transaction) {
    EXPECT_TRUE(transaction.Execute("INSERT INTO t VALUES (3)").ok());
    (*server)->Crash();
    return transaction.Execute("INSERT INTO t VALUES (4)").status();
  });
  EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
  ASSERT_TRUE((*server)->Start().ok());
  const auto rows = (*database)->Query("SELECT SUM(x) FROM t");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows.at(0).Int(0), 2);
}

// libpqxx has no error of its own for that.
TEST(PostgresAwayTest, AConnectionLostWhileRowsAreCopiedIsUnavailable) {
  auto server = weir::testing::PostgresServer::Create();
  ASSERT_TRUE(server.ok()) << server.status();
  auto url = (*server)->NewDatabase();
  ASSERT_TRUE(url.ok()) << url.status();
  auto database = OpenDatabase(*url);
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE((*database)->Execute("CREATE TABLE t (x TEXT)").ok());
  const std::vector<std::vector<Value>> rows(20'000, {std::string(1'000, 'x')});
  const absl::Status lost = (*database)->Transact([&](Transaction& transaction) {
    EXPECT_TRUE(transaction.Execute("SELECT 1").ok());
    (*server)->Crash();
    return transaction.InsertMany("t", {"x"}, rows);
  });
  EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
  ASSERT_TRUE((*server)->Start().ok());
  EXPECT_EQ((*database)->Query("SELECT COUNT(*) FROM t")->rows.at(0).Int(0), 0);
}

// Restarted while our connection was idle: the caller need not know.
TEST(PostgresAwayTest, ARestartBetweenTransactionsIsNotSeen) {
  auto server = weir::testing::PostgresServer::Create();
  ASSERT_TRUE(server.ok()) << server.status();
  auto url = (*server)->NewDatabase();
  ASSERT_TRUE(url.ok()) << url.status();
  auto database = OpenDatabase(*url);
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE((*database)->Query("SELECT CAST($1 AS BIGINT)", {std::int64_t{1}}).ok());
  (*server)->Stop();
  ASSERT_TRUE((*server)->Start().ok());
  const auto result = (*database)->Query("SELECT CAST($1 AS BIGINT)", {std::int64_t{1}});
  EXPECT_TRUE(result.ok()) << result.status();
}

constexpr const char* kNobodyThere = "postgresql://weir@127.0.0.1:1/weir";

TEST(OpenDatabaseWithinTest, WhatIsNotThereIsWaitedForAndWhatIsNoUrlIsNot) {
  constexpr std::int64_t kWaitMs = 300;
  const std::int64_t began_ns = SteadyNs();
  EXPECT_TRUE(absl::IsUnavailable(OpenDatabaseWithin(kNobodyThere, 1, kWaitMs).status()));
  EXPECT_GE(SteadyNs() - began_ns, kWaitMs * 1'000'000);
  constexpr std::int64_t kForEverMs = 3'600'000;
  EXPECT_TRUE(absl::IsInvalidArgument(
      OpenDatabaseWithin("mysql://weir@host/weir", 1, kForEverMs).status()));
}

TEST(OpenDatabaseWithinTest, NobodyWaitsOnWhoIsToEnd) {
  ShutdownSignal shutdown;  // blocks it, as services do
  ::raise(SIGTERM);
  constexpr std::int64_t kForEverMs = 3'600'000;
  EXPECT_TRUE(absl::IsCancelled(OpenDatabaseWithin(kNobodyThere, 1, kForEverMs).status()));
  EXPECT_EQ(shutdown.Wait(), SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace
}  // namespace weir::sql
