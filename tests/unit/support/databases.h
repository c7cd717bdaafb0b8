// The two kinds of database, as a parameter of tests that must hold on both.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "libs/common/sql/database.h"
#include "tests/unit/support/postgres_server.h"

namespace weir::testing {

// A new, empty database for each case. Derive from it, and instantiate with
// INSTANTIATE_ON_BOTH_DATABASES(MyTest).
class DatabaseTest : public ::testing::TestWithParam<sql::SqlDialect> {
 protected:
  void SetUp() override {
    if (GetParam() == sql::SqlDialect::kSqlite) {
      folder_ = "/tmp/weir-sqlite-XXXXXX";
      ASSERT_NE(mkdtemp(folder_.data()), nullptr);
      url_ = "sqlite:" + folder_ + "/test.db";
    } else {
      absl::StatusOr<PostgresServer*> server = PostgresServer::Shared();
      ASSERT_TRUE(server.ok()) << server.status();
      absl::StatusOr<std::string> url = (*server)->NewDatabase();
      ASSERT_TRUE(url.ok()) << url.status();
      url_ = *url;
    }
    database_ = Open();
    ASSERT_NE(database_, nullptr);
  }

  void TearDown() override {
    database_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // Another pool on the same database, as another process has it; null when it failed.
  std::unique_ptr<sql::Database> Open(int connections_max = 4) const {
    absl::StatusOr<std::unique_ptr<sql::Database>> database =
        sql::OpenDatabase(url_, connections_max);
    EXPECT_TRUE(database.ok()) << database.status();
    return database.ok() ? *std::move(database) : nullptr;
  }

  // One more of the same kind, empty; gone with the case.
  std::unique_ptr<sql::Database> Another() {
    std::string url = url_ + "-" + std::to_string(++others_);
    if (GetParam() == sql::SqlDialect::kPostgres) {
      url = (*PostgresServer::Shared())->NewDatabase().value_or("");
    }
    absl::StatusOr<std::unique_ptr<sql::Database>> made = sql::OpenDatabase(url, 4);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *std::move(made) : nullptr;
  }

  sql::Database& database() { return *database_; }
  const std::string& url() const { return url_; }

 private:
  std::string folder_;
  std::string url_;
  int others_ = 0;
  std::unique_ptr<sql::Database> database_;
};

inline std::string DialectName(const ::testing::TestParamInfo<sql::SqlDialect>& param) {
  return param.param == sql::SqlDialect::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace weir::testing

#define INSTANTIATE_ON_BOTH_DATABASES(Test)                                                    \
  INSTANTIATE_TEST_SUITE_P(                                                                    \
      Both, Test,                                                                              \
      ::testing::Values(::weir::sql::SqlDialect::kSqlite, ::weir::sql::SqlDialect::kPostgres), \
      ::weir::testing::DialectName)
