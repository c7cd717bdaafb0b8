// Keys that were rotated a while ago: both texts lead to them, until the old one is out.
#include "services/relay/snapshot/previous_secrets.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/relay/snapshot/snapshot_builder.h"
#include "tests/unit/relay/snapshot/samples.h"

namespace weir::relay {
namespace {

using namespace testing;  // NOLINT: the samples read as words
using ::testing::HasSubstr;

constexpr std::int64_t kUntil = 5'000;

v1::Resource RotatedKey(std::int64_t id, const std::string& previous, std::int64_t until = kUntil) {
  v1::Resource resource = KeyOf(id, 1, 1);
  resource.mutable_api_key()->set_previous_sha256(previous);
  resource.mutable_api_key()->set_previous_until_unix_ms(until);
  return resource;
}

class PreviousSecretsTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const Snapshot>> Apply(
      const Snapshot* base, const std::vector<v1::Resource>& changed,
      const std::vector<std::int64_t>& removed = {}) {
    v1::SnapshotChunk chunk;
    chunk.set_base_revision(base == nullptr ? 0 : base->revision());
    chunk.set_revision(base == nullptr ? 7 : base->revision() + 1);
    chunk.set_last(true);
    chunk.set_lineage("lineage-a");
    for (const v1::Resource& resource : changed) *chunk.add_upserts() = resource;
    for (const std::int64_t id : removed) {
      v1::ResourceRef& ref = *chunk.add_removals();
      ref.set_kind(v1::RESOURCE_KIND_API_KEY);
      ref.set_id(id);
    }
    return ApplyChunks(base, {chunk}, health_);
  }
  std::shared_ptr<const Snapshot> First(const std::vector<v1::Resource>& keys) {
    std::vector<v1::Resource> all = {UserOf(1), GroupOf(1)};
    all.insert(all.end(), keys.begin(), keys.end());
    auto snapshot = Apply(nullptr, all);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *snapshot : nullptr;
  }

  const std::string old_ = ApiKeyHash("ck_old");
  AccountHealthRegistry health_;
};

TEST_F(PreviousSecretsTest, BothTextsLeadToTheKeyUntilTheOldOneIsOut) {
  const auto snapshot = First({RotatedKey(1, old_), KeyOf(2, 1, 1)});
  const ApiKey* key = snapshot->FindKey(HashOfKey(1));
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(FindRotatedKey(*snapshot, old_, kUntil - 1), key);
  EXPECT_EQ(FindRotatedKey(*snapshot, old_, kUntil), nullptr);
  EXPECT_EQ(FindRotatedKey(*snapshot, HashOfKey(1), 0), nullptr) << "that is its present one";
  EXPECT_EQ(FindRotatedKey(*snapshot, "short", 0), nullptr);
  EXPECT_EQ(snapshot->FindKey(old_), nullptr);
}

TEST_F(PreviousSecretsTest, AChangeOfTheKeyFollowsAndTheRestStays) {
  const auto first = First({RotatedKey(1, old_), RotatedKey(2, ApiKeyHash("ck_other"))});
  v1::Resource renamed = RotatedKey(1, old_);
  renamed.mutable_api_key()->set_name("renamed");
  const auto second = Apply(first.get(), {renamed});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(FindRotatedKey(**second, old_, 0)->name, "renamed");
  const auto third = Apply(second->get(), {KeyOf(1, 1, 1)});
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(FindRotatedKey(**third, old_, 0), nullptr);
  EXPECT_EQ(FindRotatedKey(**third, ApiKeyHash("ck_other"), 0)->id, 2);
  EXPECT_NE(FindRotatedKey(*first, old_, 0), nullptr) << "snapshots of before are as they were";
}

TEST_F(PreviousSecretsTest, ARemovedKeyTakesItsOldTextAlong) {
  const auto first = First({RotatedKey(1, old_)});
  const auto second = Apply(first.get(), {}, {1});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(FindRotatedKey(**second, old_, 0), nullptr);
}

TEST_F(PreviousSecretsTest, TwoKeysMayExchangeTheirs) {
  const std::string other = ApiKeyHash("ck_other");
  const auto first = First({RotatedKey(1, old_), RotatedKey(2, other)});
  const auto second = Apply(first.get(), {RotatedKey(1, other), RotatedKey(2, old_)});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(FindRotatedKey(**second, other, 0)->id, 1);
  EXPECT_EQ(FindRotatedKey(**second, old_, 0)->id, 2);
}

TEST_F(PreviousSecretsTest, WhatCannotBeIsRefused) {
  const auto refusal = [this](const v1::Resource& key) {
    return Apply(nullptr, {UserOf(1), GroupOf(1), RotatedKey(2, old_), key}).status().ToString();
  };
  EXPECT_THAT(refusal(RotatedKey(1, "short")), HasSubstr("api_key 1: previous_sha256"));
  EXPECT_THAT(refusal(RotatedKey(1, HashOfKey(1))), HasSubstr("the present one"));
  EXPECT_THAT(refusal(RotatedKey(1, ApiKeyHash("x"), 0)), HasSubstr("previous_until_unix_ms"));
  EXPECT_THAT(refusal(RotatedKey(1, old_)), HasSubstr("has the previous_sha256 of api_key"));
}

}  // namespace
}  // namespace weir::relay
