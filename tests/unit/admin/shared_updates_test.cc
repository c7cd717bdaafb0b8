#include "services/admin/publish/shared_updates.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

SnapshotUpdate UpdateTo(std::int64_t base, std::int64_t revision) {
  SnapshotUpdate update = {.base_revision = base, .revision = revision, .chunks = {}};
  update.chunks.emplace_back().set_last(true);
  return update;
}

TEST(SharedUpdatesTest, ManyWhoNeedTheSameReadItOnce) {
  std::atomic<int> builds = 0;
  SharedUpdates updates([&](std::int64_t have, std::string_view) -> absl::StatusOr<SnapshotUpdate> {
    ++builds;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return UpdateTo(have, 8);
  });
  std::vector<std::thread> relays;
  for (int i = 0; i < 50; ++i) {
    relays.emplace_back([&] {
      const auto update = updates.Get(7, "a", 8);
      ASSERT_TRUE(update.ok());
      EXPECT_EQ((*update)->revision, 8);
    });
  }
  for (std::thread& relay : relays) relay.join();
  EXPECT_EQ(builds, 1);
  EXPECT_TRUE(updates.Get(7, "a", 8).ok()) << "late, but not too late";
  EXPECT_EQ(builds, 1);
}

TEST(SharedUpdatesTest, AnotherBaseLineageOrNewerRevisionIsAnotherUpdate) {
  std::int64_t latest = 8;
  int builds = 0;
  SharedUpdates updates([&](std::int64_t have, std::string_view) -> absl::StatusOr<SnapshotUpdate> {
    ++builds;
    return UpdateTo(have, latest);
  });
  EXPECT_EQ((*updates.Get(7, "a", 8))->base_revision, 7);
  EXPECT_EQ((*updates.Get(6, "a", 8))->base_revision, 6);
  EXPECT_TRUE(updates.Get(7, "b", 8).ok());
  EXPECT_EQ(builds, 3);
  latest = 9;
  EXPECT_EQ((*updates.Get(7, "a", 9))->revision, 9);
  EXPECT_EQ(builds, 4);
  EXPECT_EQ((*updates.Get(7, "a", 8))->revision, 9) << "newer than asked for is welcome";
}

// Everything is large: it must not stay when nobody sends it any more.
TEST(SharedUpdatesTest, EverythingIsKeptByThoseWhoSendItAlone) {
  int builds = 0;
  SharedUpdates updates([&](std::int64_t, std::string_view) -> absl::StatusOr<SnapshotUpdate> {
    ++builds;
    return UpdateTo(0, 8);
  });
  auto first = updates.Get(0, "", 8);
  EXPECT_EQ(*updates.Get(0, "", 8), *first);
  EXPECT_EQ(builds, 1);
  const std::weak_ptr<const SnapshotUpdate> held = *first;
  first = absl::UnknownError("sent");
  EXPECT_TRUE(held.expired());
  EXPECT_TRUE(updates.Get(0, "", 8).ok());
  EXPECT_EQ(builds, 2);
}

TEST(SharedUpdatesTest, AnErrorIsNotShared) {
  bool away = true;
  SharedUpdates updates([&](std::int64_t have, std::string_view) -> absl::StatusOr<SnapshotUpdate> {
    if (away) return absl::UnavailableError("the database is away");
    return UpdateTo(have, 8);
  });
  EXPECT_EQ(updates.Get(7, "a", 8).status().code(), absl::StatusCode::kUnavailable);
  away = false;
  EXPECT_TRUE(updates.Get(7, "a", 8).ok());
}

TEST(SharedUpdatesTest, RelaysWithManyOldRevisionsDoNotFillTheMemory) {
  SharedUpdates updates([](std::int64_t have, std::string_view) -> absl::StatusOr<SnapshotUpdate> {
    return UpdateTo(have, 1000);
  });
  const std::weak_ptr<const SnapshotUpdate> oldest = *updates.Get(1, "a", 1000);
  for (std::int64_t have = 2; have < 100; ++have) EXPECT_TRUE(updates.Get(have, "a", 1000).ok());
  EXPECT_TRUE(oldest.expired());
}

}  // namespace
}  // namespace weir::admin
