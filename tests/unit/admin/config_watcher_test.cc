#include "services/admin/config_watcher.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

constexpr FileMark kFirst = {.modified_ns = 5, .bytes = 10, .inode = 1};
constexpr FileMark kSecond = {.modified_ns = 6, .bytes = 11, .inode = 1};
constexpr FileMark kHalf = {.modified_ns = 6, .bytes = 4, .inode = 1};
constexpr FileMark kGone = {};

TEST(ChangeDetectorTest, WhatStaysIsNoChange) {
  ChangeDetector detector(kFirst);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(detector.Look(kFirst));
}

TEST(ChangeDetectorTest, AChangeCountsOnceItHasSettled) {
  ChangeDetector detector(kFirst);
  EXPECT_FALSE(detector.Look(kHalf)) << "its author still writes";
  EXPECT_FALSE(detector.Look(kSecond));
  EXPECT_TRUE(detector.Look(kSecond));
  EXPECT_FALSE(detector.Look(kSecond));
}

TEST(ChangeDetectorTest, AFileThatIsGoneForAMomentIsNoChange) {
  ChangeDetector detector(kFirst);
  EXPECT_FALSE(detector.Look(kGone));
  EXPECT_FALSE(detector.Look(kGone));
  EXPECT_FALSE(detector.Look(kFirst));
  EXPECT_FALSE(detector.Look(kFirst));
}

TEST(ChangeDetectorTest, AChangeThatIsTakenBackAtOnceIsNone) {
  ChangeDetector detector(kFirst);
  EXPECT_FALSE(detector.Look(kSecond));
  EXPECT_FALSE(detector.Look(kFirst));
  EXPECT_FALSE(detector.Look(kFirst));
}

TEST(ChangeDetectorTest, WhatCouldNotBeAppliedIsTriedAgain) {
  ChangeDetector detector(kFirst);
  detector.Look(kSecond);
  EXPECT_TRUE(detector.Look(kSecond));
  detector.Retry();
  EXPECT_TRUE(detector.Look(kSecond));
  EXPECT_FALSE(detector.Look(kSecond));
}

TEST(FileMarkTest, LinksAreFollowedAndReplacementsSeen) {
  std::string folder = "/tmp/weir-mark-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string link = folder + "/weir.yaml";
  EXPECT_TRUE(MarkOf(link) == FileMark());
  std::ofstream(folder + "/a") << "groups: []";
  std::ofstream(folder + "/b") << "groups: []";
  ASSERT_EQ(symlink("a", link.c_str()), 0);
  const FileMark before = MarkOf(link);
  EXPECT_TRUE(before == MarkOf(folder + "/a"));
  std::filesystem::remove(link);
  ASSERT_EQ(symlink("b", link.c_str()), 0);
  EXPECT_FALSE(MarkOf(link) == before);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir::admin
