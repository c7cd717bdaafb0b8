#include "libs/common/sql/backup.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "libs/common/sql/database.h"
#include "libs/common/text.h"

namespace weir::sql {
namespace {

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Path(std::string_view name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / StrCat("weir-backup-", getpid());
};

// Each transaction writes a pair; a copy that cut through one would hold an odd number.
TEST_F(BackupTest, ACopyIsOneMomentOfADatabaseInUse) {
  const std::string url = StrCat("sqlite:", Path("live.db"));
  auto live = OpenDatabase(url);
  ASSERT_TRUE(live.ok()) << live.status();
  ASSERT_TRUE((*live)->Execute("CREATE TABLE pairs (n BIGINT)").ok());
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (!stop) {
      const absl::Status status = (*live)->Transact([](Transaction& transaction) {
        auto first = transaction.Execute("INSERT INTO pairs VALUES (1)");
        return first.ok() ? transaction.Execute("INSERT INTO pairs VALUES (2)").status()
                          : first.status();
      });
      EXPECT_TRUE(status.ok()) << status;
      ++written;
    }
  });
  for (int i = 0; i < 5; ++i) {
    while (written < (i + 1) * 3) std::this_thread::yield();
    const std::string target = Path(StrCat("copy", i, ".db"));
    const absl::Status copied = BackUpDatabase(url, target);
    ASSERT_TRUE(copied.ok()) << copied;
    auto copy = OpenDatabase(StrCat("sqlite:", target));
    ASSERT_TRUE(copy.ok()) << copy.status();
    const auto rows = (*copy)->Query("SELECT COUNT(*) FROM pairs");
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_GE(rows->rows[0].Int(0), (i + 1) * 6);
    EXPECT_EQ(rows->rows[0].Int(0) % 2, 0);
  }
  stop = true;
  writer.join();
}

TEST_F(BackupTest, WhatItRefuses) {
  const std::string url = StrCat("sqlite:", Path("live.db"));
  EXPECT_EQ(BackUpDatabase(url, Path("copy.db")).code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(Path("live.db")));
  ASSERT_TRUE(OpenDatabase(url).ok());
  ASSERT_TRUE(BackUpDatabase(url, Path("copy.db")).ok());
  EXPECT_EQ(BackUpDatabase(url, Path("copy.db")).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(BackUpDatabase("postgresql://weir@localhost/weir", Path("other.db")).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::sql
