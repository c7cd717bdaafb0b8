// Recorded bodies: stored once, found, deleted by what is asked, gone in time. On both databases.
#include "services/usage/body_store.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/ids.h"
#include "libs/common/utc_window.h"
#include "services/usage/schema.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kToday = kTestUnixMs - kTestUnixMs % kDayMs;

bool Never() { return false; }

StoredBody BodyAt(std::int64_t unix_ms, std::int64_t kind = 1) {
  StoredBody body;
  body.request_id = NewUuid7Bytes(unix_ms);
  body.kind = kind;
  body.key_id = 3;
  body.user_id = 4;
  body.group_id = 5;
  body.content_type = "application/json";
  body.zstd = std::string("\x28\xB5\x2F\xFD\0z", 6);
  body.text_bytes = 100;
  body.original_bytes = 200;
  body.cut = true;
  body.whole = true;
  body.masked = 2;
  return body;
}

class BodyStoreTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    const absl::Status status = MigrateLedger(database());
    ASSERT_TRUE(status.ok()) << status;
    Open(7);
  }

  void Open(std::int64_t retention_days) {
    partitions_ = std::make_unique<PartitionKeeper>(database(), clock_, 2, kBodyTables);
    store_ = std::make_unique<BodyStore>(database(), *partitions_, clock_, retention_days);
  }

  BodiesInserted Insert(const std::vector<StoredBody>& bodies) {
    const auto result = store_->Insert(bodies);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(BodiesInserted{});
  }

  std::int64_t Delete(const BodyFilter& filter) {
    const auto result = store_->Delete(filter, Never);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->deleted : -1;
  }

  std::int64_t Count() {
    const auto result = database().Query("SELECT COUNT(*) FROM usage_bodies");
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->rows.at(0).Int(0) : -1;
  }

  FakeClock clock_{kTestUnixMs};
  std::unique_ptr<PartitionKeeper> partitions_;
  std::unique_ptr<BodyStore> store_;
};

TEST_P(BodyStoreTest, ComeBackAsTheyWere) {
  const StoredBody request = BodyAt(kTestUnixMs);
  StoredBody answer = BodyAt(kTestUnixMs, 2);
  answer.request_id = request.request_id;
  answer.binary = true;
  answer.zstd.clear();
  EXPECT_EQ(Insert({answer, request, BodyAt(kTestUnixMs)}).inserted, 3);
  const auto bodies = store_->Get(request.request_id);
  ASSERT_TRUE(bodies.ok()) << bodies.status();
  ASSERT_EQ(bodies->size(), 2U);
  const StoredBody& first = bodies->front();
  EXPECT_EQ(first.kind, 1);
  EXPECT_EQ(first.key_id, 3);
  EXPECT_EQ(first.user_id, 4);
  EXPECT_EQ(first.group_id, 5);
  EXPECT_EQ(first.content_type, "application/json");
  EXPECT_EQ(first.zstd, request.zstd);
  EXPECT_EQ(first.text_bytes, 100);
  EXPECT_EQ(first.original_bytes, 200);
  EXPECT_TRUE(first.cut);
  EXPECT_TRUE(first.whole);
  EXPECT_FALSE(first.binary);
  EXPECT_EQ(first.masked, 2);
  EXPECT_TRUE(bodies->back().binary);
  EXPECT_TRUE(store_->Get(NewUuid7Bytes(kTestUnixMs))->empty());
}

TEST_P(BodyStoreTest, OnceHoweverOftenTheyAreSent) {
  const StoredBody body = BodyAt(kTestUnixMs);
  EXPECT_EQ(Insert({body}).inserted, 1);
  const BodiesInserted again = Insert({body, BodyAt(kTestUnixMs)});
  EXPECT_EQ(again.inserted, 1);
  EXPECT_EQ(again.duplicates, 1);
  EXPECT_EQ(Count(), 2);
}

TEST_P(BodyStoreTest, DeletesWhatIsNamed) {
  StoredBody other_key = BodyAt(kTestUnixMs);
  other_key.key_id = 30;
  StoredBody other_user = BodyAt(kTestUnixMs);
  other_user.user_id = 40;
  StoredBody other_group = BodyAt(kTestUnixMs);
  other_group.group_id = 50;
  const StoredBody early = BodyAt(kToday - kDayMs);
  const StoredBody late = BodyAt(kToday + 20 * 3'600'000);
  Insert({other_key, other_user, other_group, early, late});
  EXPECT_EQ(Delete({.key_id = 30}), 1);
  EXPECT_EQ(Delete({.user_id = 40}), 1);
  EXPECT_EQ(Delete({.before_unix_ms = kToday, .group_id = 50}), 0);
  EXPECT_EQ(Delete({.group_id = 50}), 1);
  EXPECT_EQ(Delete({.before_unix_ms = kToday - kDayMs}), 0);
  EXPECT_EQ(Delete({.from_unix_ms = kToday - kDayMs, .before_unix_ms = kToday}), 1);
  EXPECT_EQ(Delete({.request_id = early.request_id}), 0);
  EXPECT_EQ(Delete({.request_id = late.request_id}), 1);
  EXPECT_EQ(Count(), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Delete({}, Never).status()));
}

TEST_P(BodyStoreTest, DeletesManyInPiecesAndStopsWhenNobodyWaits) {
  std::vector<StoredBody> bodies;
  for (int i = 0; i < 1'200; ++i) bodies.push_back(BodyAt(kTestUnixMs + i, 1 + i % 4));
  bodies[600].key_id = 9;
  Insert(bodies);
  EXPECT_TRUE(absl::IsCancelled(store_->Delete({.key_id = 3}, [] { return true; }).status()));
  EXPECT_EQ(Delete({.key_id = 3}), 1'199);
  EXPECT_EQ(Count(), 1);
}

TEST_P(BodyStoreTest, RetentionTakesOldDaysAndRefusesThem) {
  Insert({BodyAt(kToday - 7 * kDayMs), BodyAt(kTestUnixMs)});
  EXPECT_EQ(Insert({BodyAt(kToday - 7 * kDayMs - 1)}).too_old, 1);
  auto applied = store_->ApplyRetention(Never);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(Count(), 2);
  clock_.SetUnixMs(kTestUnixMs + kDayMs);
  applied = store_->ApplyRetention(Never);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(Count(), 1);
  const bool by_partition = GetParam() == sql::SqlDialect::kPostgres;
  EXPECT_EQ(applied->partitions_dropped, by_partition ? 1 : 0);
  EXPECT_EQ(applied->deleted, by_partition ? 0 : 1);
}

TEST_P(BodyStoreTest, RetentionReachesDaysThatNobodyExpected) {
  Open(0);
  Insert({BodyAt(kToday - 400 * kDayMs), BodyAt(kTestUnixMs)});
  Open(7);
  ASSERT_TRUE(store_->ApplyRetention(Never).ok());
  EXPECT_EQ(Count(), 1);
}

TEST_P(BodyStoreTest, ZeroDaysKeepForEver) {
  Open(0);
  Insert({BodyAt(kToday - 400 * kDayMs)});
  ASSERT_TRUE(store_->ApplyRetention(Never).ok());
  EXPECT_EQ(Count(), 1);
}

TEST(CheckBodyTest, RefusesWhatCanNeverBeStored) {
  const StoredBody good = BodyAt(kTestUnixMs);
  EXPECT_TRUE(CheckBody(good).ok());
  const auto bad = [&good](auto change) {
    StoredBody body = good;
    change(body);
    return absl::IsInvalidArgument(CheckBody(body));
  };
  EXPECT_TRUE(bad([](StoredBody& body) { body.request_id = "short"; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.kind = 0; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.kind = 5; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.key_id = -1; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.original_bytes = -1; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.text_bytes = (1 << 20) + 1; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.zstd.resize(2 << 20); }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.content_type = std::string(257, 'a'); }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.content_type = "\xFF"; }));
  EXPECT_TRUE(bad([](StoredBody& body) { body.content_type = std::string(1, '\0'); }));
}

INSTANTIATE_ON_BOTH_DATABASES(BodyStoreTest);

}  // namespace
}  // namespace weir::usage
