#include "services/relay/snapshot/snapshot_key.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

class SnapshotKeyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = "/tmp/weir-snapshot-key-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/snapshot.key";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(SnapshotKeyTest, IsMadeOnceForItsOwnerOnly) {
  const absl::StatusOr<Secret> made = LoadSnapshotKey(path_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->Reveal().size(), 64U);
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);

  const absl::StatusOr<Secret> again = LoadSnapshotKey(path_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->Reveal(), made->Reveal());
}

TEST_F(SnapshotKeyTest, IsAnotherInEachFolder) {
  const absl::StatusOr<Secret> first = LoadSnapshotKey(path_);
  const absl::StatusOr<Secret> second = LoadSnapshotKey(path_ + "-2");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->Reveal(), second->Reveal());
}

TEST_F(SnapshotKeyTest, WhatAKilledStartLeftIsNoKey) {
  std::ofstream(path_ + ".new") << "half";
  const absl::StatusOr<Secret> made = LoadSnapshotKey(path_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->Reveal().size(), 64U);
}

TEST_F(SnapshotKeyTest, OneThatOthersCanReadIsRefused) {
  ASSERT_TRUE(LoadSnapshotKey(path_).ok());
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(LoadSnapshotKey(path_).status()));
}

TEST_F(SnapshotKeyTest, AFolderThatIsNotThereIsNamed) {
  const absl::Status status = LoadSnapshotKey(folder_ + "/none/snapshot.key").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_NE(status.message().find("none/snapshot.key"), std::string::npos) << status;
}

}  // namespace
}  // namespace weir::relay
