#include <string>
#include <thread>
#include <vector>

#include "services/admin/model/problem.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

User MakeUser(const std::string& name) {
  User user;
  user.username = name;
  user.limits.nano_usd_per_day = 5'000'000'000;
  user.role = Role::kAdmin;
  return user;
}

TEST_P(StoreTest, MigratingTwiceKeepsTheLineage) {
  const Revision before = CurrentRevision();
  ASSERT_TRUE(MigrateSchema(database()).ok());
  EXPECT_EQ(CurrentRevision().lineage, before.lineage);
  EXPECT_EQ(CurrentRevision().number, before.number);
  EXPECT_EQ(before.lineage.size(), 32u);
}

TEST_P(StoreTest, UsersRoundTrip) {
  User user = MakeUser("ann");
  user.email = "ann@example.com";
  user.password_hash = "$argon2id$x";
  user.allowed_ips = {"10.0.0.0/8", "::1"};
  ASSERT_TRUE(Insert(store(), user, user_store::Insert).ok());
  EXPECT_EQ(user.id, 1);
  EXPECT_EQ(user.version, 1);
  auto read = ReadValue(store(), [&](sql::Transaction& t) { return user_store::Get(t, user.id); });
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == user);
  auto by_name =
      ReadValue(store(), [&](sql::Transaction& t) { return user_store::FindByUsername(t, "ann"); });
  EXPECT_TRUE(by_name.ok() && *by_name == user);
}

TEST_P(StoreTest, NamesAndAddressesAreUniqueButNoAddressIsNot) {
  User ann = MakeUser("ann");
  User bob = MakeUser("bob");
  ASSERT_TRUE(Insert(store(), ann, user_store::Insert).ok());
  ASSERT_TRUE(Insert(store(), bob, user_store::Insert).ok()) << "both without an address";
  User again = MakeUser("ann");
  absl::Status status = Insert(store(), again, user_store::Insert);
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_EQ(ReasonOf(status), "conflict");
}

TEST_P(StoreTest, IdsAreNeverUsedTwice) {
  User ann = MakeUser("ann");
  ASSERT_TRUE(Insert(store(), ann, user_store::Insert).ok());
  ASSERT_TRUE(
      store()
          .Change([&](sql::Transaction& t, Changes& c) { return user_store::Delete(t, c, ann.id); })
          .ok());
  User bob = MakeUser("bob");
  ASSERT_TRUE(Insert(store(), bob, user_store::Insert).ok());
  EXPECT_EQ(bob.id, ann.id + 1);
}

TEST_P(StoreTest, EveryColumnOfTheOthersRoundTrips) {
  User user = MakeUser("ann");
  ASSERT_TRUE(Insert(store(), user, user_store::Insert).ok());
  Group group;
  group.name = "g \"quoted\" ü";
  group.cache = true;
  group.cache_ttl_ms = 9;
  group.record_bodies = true;
  group.allowed_ips = {"::1"};
  group.native_only = true;
  group.price_multiplier_ppm = 1'250'000;
  group.model_mapping = {{"a*", "b"}};
  group.fallbacks = {"x", "y"};
  group.status = ActiveStatus::kDisabled;
  ASSERT_TRUE(Insert(store(), group, group_store::Insert).ok());
  EXPECT_EQ(group.id, 2) << "1 is the default group";
  ApiKey key;
  key.user_id = user.id;
  key.group_id = group.id;
  key.name = "k";
  key.key_hash = std::string("\x00\x01\xff", 3) + std::string(29, 'z');
  key.allowed_ips = {"10.0.0.0/8"};
  key.cache = true;
  ASSERT_TRUE(Insert(store(), key, api_key_store::Insert).ok());
  Account account;
  account.name = "a";
  account.platform = Platform::kGemini;
  account.credential_type = CredentialType::kCookie;
  account.request_url = "https://x";
  account.group_ids = {1, group.id};
  account.headers = {{"x-a", "b"}};
  account.quirks = {"no_images", "stops_max=2"};
  account.timeouts.first_byte_ms = 7;
  account.status = AccountStatus::kApiException;
  account.cooldown_until_ms = 99;
  ASSERT_TRUE(Insert(store(), account, account_store::Insert).ok());
  Price price;
  price.model = "m*";
  price.tier_above_input_tokens = 200'000;
  price.max_output_tokens = 64'000;
  price.tier_input_pico_usd = 4;
  price.tier_cache_write_1h_pico_usd = 5;
  price.aliases = {"a", "b"};
  ASSERT_TRUE(Insert(store(), price, price_store::Insert).ok());
  absl::Status read = store().Read([&](sql::Transaction& t) -> absl::Status {
    EXPECT_TRUE(*group_store::Get(t, group.id) == group);
    EXPECT_TRUE(*group_store::FindByName(t, group.name) == group);
    EXPECT_TRUE(*api_key_store::FindByHash(t, key.key_hash, 0) == key);
    EXPECT_TRUE(*api_key_store::FindByName(t, user.id, "k") == key);
    EXPECT_TRUE(*account_store::FindByName(t, "a") == account);
    EXPECT_TRUE(*price_store::Find(t, "", "m*", 0) == price);
    EXPECT_EQ(user_store::CountOtherAdmins(t, 0).value_or(-1), 1);
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
}

TEST_P(StoreTest, AChangeMovesTheRevisionByOneWithItsResources) {
  const std::int64_t before = CurrentRevision().number;
  User ann = MakeUser("ann");
  User bob = MakeUser("bob");
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
                    absl::Status first = user_store::Insert(t, c, 5, ann);
                    return first.ok() ? user_store::Insert(t, c, 5, bob) : first;
                  })
                  .ok());
  EXPECT_EQ(CurrentRevision().number, before + 1);
  auto changed = ReadValue(store(), [&](sql::Transaction& t) { return ChangedSince(t, before); });
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->size(), 2u);
}

TEST_P(StoreTest, AChangeThatFailsLeavesNothing) {
  const std::int64_t before = CurrentRevision().number;
  User ann = MakeUser("ann");
  absl::Status status = store().Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
    absl::Status inserted = user_store::Insert(t, c, 5, ann);
    EXPECT_TRUE(inserted.ok());
    return absl::InvalidArgumentError("changed my mind");
  });
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(CurrentRevision().number, before);
  auto users = ReadValue(store(), [](sql::Transaction& t) { return user_store::List(t, {}); });
  EXPECT_EQ(users->total.rows, 0);
}

TEST_P(StoreTest, SessionsDoNotMoveTheRevision) {
  User ann = MakeUser("ann");
  ASSERT_TRUE(Insert(store(), ann, user_store::Insert).ok());
  const std::int64_t before = CurrentRevision().number;
  Session session;
  session.id = "s";
  session.user_id = ann.id;
  session.cookie_hash = "c";
  session.refresh_hash = "r";
  session.expires_at_ms = 100;
  ASSERT_TRUE(
      store()
          .Change([&](sql::Transaction& t, Changes&) { return session_store::Insert(t, session); })
          .ok());
  absl::Status rotated = store().Change([&](sql::Transaction& t, Changes&) -> absl::Status {
    absl::Status done = session_store::RotateRefresh(t, session, "r2");
    if (!done.ok()) return done;
    EXPECT_EQ(session_store::FindByRefresh(t, "r")->refresh_hash, "r2") << "found by the old one";
    EXPECT_EQ(session_store::FindByRefresh(t, "r2")->id, "s");
    return session_store::DeleteExpired(t, 100).status();
  });
  EXPECT_TRUE(rotated.ok()) << rotated;
  auto gone = ReadValue(store(), [](sql::Transaction& t) { return session_store::Get(t, "s"); });
  EXPECT_TRUE(absl::IsNotFound(gone.status()));
  EXPECT_EQ(CurrentRevision().number, before);
}

TEST_P(StoreTest, WhatIsInUseStays) {
  User ann = MakeUser("ann");
  Group group;
  group.name = "g";
  ASSERT_TRUE(Insert(store(), group, group_store::Insert).ok());
  ann.group_id = group.id;
  ASSERT_TRUE(Insert(store(), ann, user_store::Insert).ok());
  for (const std::int64_t id : {group.id, kDefaultGroupId}) {
    absl::Status status = store().Change(
        [&](sql::Transaction& t, Changes& c) { return group_store::Delete(t, c, id); });
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_EQ(ReasonOf(status), "conflict");
  }
  Account account;
  account.name = "a";
  account.request_url = "https://x";
  account.group_ids = {42};
  absl::Status status = Insert(store(), account, account_store::Insert);
  EXPECT_EQ(FieldsOf(status).count("group_ids"), 1u) << status;
}

TEST_P(StoreTest, ListsFilterSortAndPage) {
  for (const char* name : {"ann", "bob", "cem", "a_n"}) {
    User user = MakeUser(name);
    ASSERT_TRUE(Insert(store(), user, user_store::Insert).ok());
  }
  const ListQuery query = {.searches = {{"username", "_"}}};
  auto found = ReadValue(store(), [&](sql::Transaction& t) { return user_store::List(t, query); });
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->total.rows, 1);
  const ListQuery second = {
      .order_column = "username", .descending = true, .limit = 1, .offset = 1};
  auto page = ReadValue(store(), [&](sql::Transaction& t) { return user_store::List(t, second); });
  EXPECT_EQ(page->total.rows, 4);
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items.front().username, "bob");
}

TEST_P(StoreTest, ConcurrentChangesAllCount) {
  User ann = MakeUser("ann");
  ASSERT_TRUE(Insert(store(), ann, user_store::Insert).ok());
  const std::int64_t before = CurrentRevision().number;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) {
        absl::Status status = absl::AbortedError("");
        while (absl::IsAborted(status)) {
          status = store().Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
            auto user = user_store::Get(t, ann.id);
            if (!user.ok()) return user.status();
            user->limits.concurrency += 1;
            return user_store::Update(t, c, 5, *user);
          });
        }
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto user = ReadValue(store(), [&](sql::Transaction& t) { return user_store::Get(t, ann.id); });
  EXPECT_EQ(user->limits.concurrency, 20);
  EXPECT_EQ(CurrentRevision().number, before + 20);
}

TEST_P(StoreTest, SettingsAndMarks) {
  auto settings = ReadValue(store(), settings_store::Get);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->registration, Registration::kClosed);
  EXPECT_FALSE(settings->serve_unpriced_models);
  settings->system_prompt = "be kind";
  settings->timeouts.total_ms = 5;
  settings->redis_away_policy = RedisAwayPolicy::kClosed;
  settings->cache_ttl_ms = 6;
  settings->on_disconnect = OnDisconnect::kDrain;
  settings->drain_ms_max = 7;
  settings->drain_nano_usd_max = 8;
  settings->bodies_forbidden = true;
  settings->body_bytes_max = 2'048;
  settings->body_mask_emails = true;
  settings->body_mask_patterns = {"a", "\\d"};
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
                    EXPECT_TRUE(*settings_store::SetMark(t, "once"));
                    EXPECT_FALSE(*settings_store::SetMark(t, "once"));
                    return settings_store::Update(t, c, 7, *settings);
                  })
                  .ok());
  auto again = ReadValue(store(), settings_store::Get);
  EXPECT_TRUE(*again == *settings);
}

TEST_P(StoreTest, TheListenerHearsOfChangesOnly) {
  int heard = 0;
  store().SetListener([&] { ++heard; });
  User ann = MakeUser("ann");
  ASSERT_TRUE(Insert(store(), ann, user_store::Insert).ok());
  EXPECT_EQ(heard, 1);
  ASSERT_TRUE(store().Change([](sql::Transaction&, Changes&) { return absl::OkStatus(); }).ok());
  EXPECT_EQ(heard, 1);
  store().SetListener(nullptr);
}

INSTANTIATE_ON_BOTH_DATABASES(StoreTest);

TEST(ColumnsTest, HexRoundTripsAndRefusesOtherText) {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  EXPECT_EQ(HexOf(bytes), "007f80ff");
  EXPECT_EQ(BytesOfHex("007f80FF"), bytes);
  EXPECT_EQ(BytesOfHex("0g"), "");
  EXPECT_EQ(BytesOfHex("0"), "");
}

TEST(ColumnsTest, DamagedTextReadsAsDefaults) {
  EXPECT_TRUE(DecodeLimits("not json") == Limits());
  EXPECT_TRUE(DecodeList("{}").empty());
  EXPECT_TRUE(DecodeMap("[1]").empty());
}

}  // namespace
}  // namespace weir::admin
