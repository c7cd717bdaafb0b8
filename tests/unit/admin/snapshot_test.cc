#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "services/admin/credentials/account_secrets.h"
#include "services/admin/publish/observation.h"
#include "services/admin/publish/snapshot_builder.h"
#include "services/admin/publish/snapshot_publisher.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/route_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

// A relay as the contract has it: applies revisions whole, keeps resources by kind and id.
class FakeRelay {
 public:
  void Apply(const SnapshotUpdate& update) {
    if (update.chunks.empty()) return;
    for (std::size_t i = 0; i < update.chunks.size(); ++i) {
      const v1::SnapshotChunk& chunk = update.chunks[i];
      EXPECT_EQ(chunk.last(), i + 1 == update.chunks.size());
      EXPECT_EQ(static_cast<std::int64_t>(chunk.revision()), update.revision);
      EXPECT_LE(chunk.upserts_size() + chunk.removals_size(), kChunkResourcesMax);
      EXPECT_LT(chunk.ByteSizeLong(), kChunkBytesMax + 1024);
      if (i == 0 && chunk.base_revision() == 0) resources_.clear();
      if (chunk.base_revision() != 0) {
        EXPECT_EQ(static_cast<std::int64_t>(chunk.base_revision()), revision_);
      }
      for (const v1::Resource& resource : chunk.upserts()) {
        resources_[NameOf(resource)] = resource.SerializeAsString();
      }
      for (const v1::ResourceRef& removal : chunk.removals()) {
        resources_.erase({removal.kind(), removal.id()});
      }
      lineage_ = chunk.lineage();
    }
    revision_ = update.revision;
  }

  const std::map<std::pair<int, std::int64_t>, std::string>& resources() const {
    return resources_;
  }
  std::int64_t revision() const { return revision_; }
  const std::string& lineage() const { return lineage_; }
  v1::Account account(std::int64_t id) const {
    v1::Resource resource;
    resource.ParseFromString(resources_.at({v1::RESOURCE_KIND_ACCOUNT, id}));
    return resource.account();
  }

 private:
  static std::pair<int, std::int64_t> NameOf(const v1::Resource& resource) {
    switch (resource.kind_case()) {
      case v1::Resource::kApiKey:
        return {v1::RESOURCE_KIND_API_KEY, resource.api_key().id()};
      case v1::Resource::kUser:
        return {v1::RESOURCE_KIND_USER, resource.user().id()};
      case v1::Resource::kGroup:
        return {v1::RESOURCE_KIND_GROUP, resource.group().id()};
      case v1::Resource::kAccount:
        return {v1::RESOURCE_KIND_ACCOUNT, resource.account().id()};
      case v1::Resource::kPrice:
        return {v1::RESOURCE_KIND_PRICE, resource.price().id()};
      case v1::Resource::kRoute:
        return {v1::RESOURCE_KIND_ROUTE, resource.route().id()};
      default:
        return {v1::RESOURCE_KIND_SETTINGS, 0};
    }
  }

  std::map<std::pair<int, std::int64_t>, std::string> resources_;
  std::int64_t revision_ = 0;
  std::string lineage_;
};

class SnapshotTest : public StoreTest {
 protected:
  void Update(FakeRelay& relay, std::int64_t have) {
    auto update = builder().Build(have, relay.lineage());
    ASSERT_TRUE(update.ok()) << update.status();
    relay.Apply(*update);
  }
  void Update(FakeRelay& relay) { Update(relay, relay.revision()); }

  // One random change of some resource; one that makes no sense is refused and changes nothing.
  void ChangeSomething(std::mt19937& random) {
    const auto pick = [&](std::int64_t below) {
      return static_cast<std::int64_t>(random() % static_cast<unsigned>(below));
    };
    (void)store().Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
      const std::int64_t id = 1 + pick(12);
      switch (pick(14)) {
        case 0: {
          User user;
          user.username = "u" + std::to_string(random());
          return user_store::Insert(t, c, 1, user);
        }
        case 1: {
          auto user = user_store::Get(t, id);
          if (!user.ok()) return user.status();
          user->limits.concurrency = pick(100);
          return user_store::Update(t, c, 1, *user);
        }
        case 2:
          return user_store::Delete(t, c, id);
        case 3: {
          ApiKey key;
          key.user_id = id;
          key.name = "k";
          key.key_hash = std::to_string(random()) + std::string(32, 'x');
          return api_key_store::Insert(t, c, 1, key);
        }
        case 4:
          return api_key_store::Delete(t, c, id);
        case 5: {
          Account account;
          account.name = "a" + std::to_string(random());
          account.request_url = "https://x";
          absl::Status done = account_store::Insert(t, c, 1, account);
          SetCredential(vault(), Secret("credential"), account);
          return done.ok() ? account_store::Update(t, c, 1, account) : done;
        }
        case 6:
          return account_store::Delete(t, c, id);
        case 7: {
          Price price;
          price.model = "m" + std::to_string(pick(50));
          return price_store::Insert(t, c, 1, price);
        }
        case 8:
          return price_store::Delete(t, c, id);
        case 9: {
          Group group;
          group.name = "g" + std::to_string(random());
          return group_store::Insert(t, c, 1, group);
        }
        case 10: {
          ModelRoute route;
          route.name = "r" + std::to_string(random());
          route.model = "m";
          if (pick(2) == 0) route.group_ids = {1 + pick(3)};
          return route_store::Insert(t, c, 1, route);
        }
        case 11:
          return route_store::Delete(t, c, id);
        case 12: {
          auto route = route_store::Get(t, id);
          if (!route.ok()) return route.status();
          route->attempts_max = pick(10);
          route->rules.resize(1);
          route->rules[0].input_tokens_above = pick(100);
          return route_store::Update(t, c, 1, *route);
        }
        default: {
          auto settings = settings_store::Get(t);
          if (!settings.ok()) return settings.status();
          settings->serve_unpriced_models = !settings->serve_unpriced_models;
          return settings_store::Update(t, c, 1, *settings);
        }
      }
    });
  }

  std::int64_t AddAccount(const std::string& name = "a") {
    Account account;
    account.name = name;
    account.request_url = "https://api.anthropic.com";
    absl::Status added = store().Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
      absl::Status done = account_store::Insert(t, c, 1, account);
      SetCredential(vault(), Secret("sk-secret"), account);
      return done.ok() ? account_store::Update(t, c, 1, account) : done;
    });
    EXPECT_TRUE(added.ok()) << added;
    return account.id;
  }

  SnapshotBuilder& builder() {
    if (builder_ == nullptr) builder_ = std::make_unique<SnapshotBuilder>(store(), vault());
    return *builder_;
  }

 private:
  std::unique_ptr<SnapshotBuilder> builder_;
};

TEST_P(SnapshotTest, DifferencesLeadToTheSameAsEverything) {
  std::mt19937 random(GetParam() == sql::SqlDialect::kSqlite ? 1 : 2);
  FakeRelay by_differences;
  Update(by_differences);
  for (int round = 0; round < 60; ++round) {
    const int changes = 1 + static_cast<int>(random() % 5);
    for (int i = 0; i < changes; ++i) ChangeSomething(random);
    Update(by_differences);
    FakeRelay fresh;
    Update(fresh);
    ASSERT_EQ(by_differences.resources(), fresh.resources()) << "in round " << round;
    ASSERT_EQ(by_differences.revision(), CurrentRevision().number);
  }
  EXPECT_GT(by_differences.resources().size(), 20u);
}

TEST_P(SnapshotTest, ARelayThatIsUpToDateGetsNothing) {
  FakeRelay relay;
  Update(relay);
  auto update = builder().Build(relay.revision(), relay.lineage());
  ASSERT_TRUE(update.ok());
  EXPECT_TRUE(update->chunks.empty());
}

TEST_P(SnapshotTest, EverythingWhenTheBaseIsNotOurs) {
  AddAccount();
  FakeRelay relay;
  Update(relay);
  struct Case {
    std::int64_t have;
    std::string lineage;
  };
  for (const Case& one : {Case{relay.revision() - 1, "another"}, Case{0, relay.lineage()},
                          Case{relay.revision() + 1, relay.lineage()}}) {
    auto update = builder().Build(one.have, one.lineage);
    ASSERT_TRUE(update.ok());
    EXPECT_EQ(update->base_revision, 0) << one.have << " " << one.lineage;
    EXPECT_FALSE(update->chunks.empty());
  }
}

TEST_P(SnapshotTest, EverythingWhenTheChangesWereForgotten) {
  FakeRelay relay;
  Update(relay);
  for (int i = 0; i < 5; ++i) {
    AddAccount("a" + std::to_string(i));
  }
  ASSERT_TRUE(PruneChanges(store(), 2).ok());
  auto old = builder().Build(relay.revision(), relay.lineage());
  EXPECT_EQ(old->base_revision, 0);
  auto recent = builder().Build(CurrentRevision().number - 2, relay.lineage());
  EXPECT_EQ(recent->base_revision, CurrentRevision().number - 2);
}

TEST_P(SnapshotTest, CutsIntoChunks) {
  absl::Status added = store().Change([&](sql::Transaction& t, Changes& c) -> absl::Status {
    for (int i = 0; i < 2300; ++i) {
      Price price;
      price.model = "model-" + std::to_string(i);
      absl::Status done = price_store::Insert(t, c, 1, price);
      if (!done.ok()) return done;
    }
    for (int i = 0; i < 30; ++i) {
      Group group;
      group.name = "g" + std::to_string(i);
      group.system_prompt = std::string(64 * 1024, 'p');
      absl::Status done = group_store::Insert(t, c, 1, group);
      if (!done.ok()) return done;
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(added.ok()) << added;
  FakeRelay relay;
  Update(relay);
  EXPECT_EQ(relay.resources().size(), 2300u + 31 + 1);
  auto difference = builder().Build(1, relay.lineage());
  ASSERT_TRUE(difference.ok());
  EXPECT_EQ(difference->base_revision, 1);
  EXPECT_GT(difference->chunks.size(), 3u);
}

TEST_P(SnapshotTest, CredentialsTravelOpenAndADamagedOneStopsOnlyItsAccount) {
  const std::int64_t id = AddAccount();
  FakeRelay relay;
  Update(relay);
  EXPECT_EQ(relay.account(id).credential(), "sk-secret");
  EXPECT_EQ(relay.account(id).provider(), "anthropic");
  ASSERT_TRUE(database()
                  .Execute("UPDATE accounts SET sealed_credential = $1 WHERE id = $2",
                           {std::string("v1.000000000000.AAAA"), id})
                  .ok());
  Update(relay, 0);
  EXPECT_EQ(relay.account(id).credential(), "");
  EXPECT_EQ(relay.account(id).status(), v1::ACCOUNT_STATUS_ACCOUNT_EXCEPTION);
}

TEST_P(SnapshotTest, ObservationsBecomeChangesOnce) {
  const std::int64_t id = AddAccount();
  FakeRelay relay;
  Update(relay);
  const Observation limited = {.account_id = id,
                               .signal = Signal::kRateLimited,
                               .observed_at_ms = 1000,
                               .cooldown_until_ms = 9000,
                               .reason = "429"};
  ASSERT_TRUE(StoreObservation(store(), limited).ok());
  const std::int64_t revision = CurrentRevision().number;
  EXPECT_EQ(revision, relay.revision() + 1);
  ASSERT_TRUE(StoreObservation(store(), limited).ok()) << "a repeat is not news";
  EXPECT_EQ(CurrentRevision().number, revision);
  Observation unknown = limited;
  unknown.account_id = 999;
  EXPECT_TRUE(StoreObservation(store(), unknown).ok()) << "the account may be gone";
  Update(relay);
  EXPECT_EQ(relay.account(id).status(), v1::ACCOUNT_STATUS_RATE_LIMITED);
  EXPECT_EQ(relay.account(id).cooldown_until_unix_ms(), 9000);
}

TEST_P(SnapshotTest, ThePublisherHearsOfThisProcessAtOnceAndOfOthersSoon) {
  SnapshotPublisher publisher(store(), url());
  SnapshotPublisher::Waiter waiter(publisher);
  const std::int64_t start = waiter.WaitForNewer(0, 5000);
  EXPECT_EQ(start, CurrentRevision().number);
  AddAccount();
  EXPECT_EQ(waiter.WaitForNewer(start, 5000), start + 1);
  // Another process: another pool, of whose changes only the database can tell.
  const auto other_database = Open(1);
  Store other(*other_database, clock());
  ASSERT_TRUE(other
                  .Change([&](sql::Transaction& t, Changes& c) {
                    Group group;
                    group.name = "from elsewhere";
                    return group_store::Insert(t, c, 1, group);
                  })
                  .ok());
  EXPECT_EQ(waiter.WaitForNewer(start + 1, 5000), start + 2);
  waiter.Wake();
  EXPECT_EQ(waiter.WaitForNewer(start + 2, 60'000), start + 2) << "woken without news";
  EXPECT_EQ(waiter.WaitForNewer(start + 2, 1), start + 2) << "a wake counts once";
  publisher.Stop();
}

// An answer of one relay must not cost a wake-up at each of the others.
TEST_P(SnapshotTest, OneThatIsWokenLeavesTheOthersAlone) {
  SnapshotPublisher publisher(store());
  SnapshotPublisher::Waiter one(publisher);
  SnapshotPublisher::Waiter other(publisher);
  const std::int64_t latest = one.WaitForNewer(0, 5000);
  ASSERT_GT(latest, 0);
  std::atomic<bool> returned = false;
  std::thread waits([&] {
    other.WaitForNewer(latest, 60'000);
    returned = true;
  });
  for (int i = 0; i < 100; ++i) {
    one.Wake();
    one.WaitForNewer(latest, 60'000);
  }
  EXPECT_FALSE(returned);
  publisher.WakeAll();
  waits.join();
}

INSTANTIATE_ON_BOTH_DATABASES(SnapshotTest);

}  // namespace
}  // namespace weir::admin
