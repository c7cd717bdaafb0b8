#include "services/relay/snapshot/snapshot_builder.h"

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "services/relay/snapshot/current_account.h"
#include "tests/unit/relay/snapshot/samples.h"

namespace weir::relay {
namespace {

using namespace testing;  // NOLINT: the samples read as words
using ::testing::HasSubstr;

class ApplyChunksTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Apply(const Snapshot* base, const Chunks& chunks) {
    auto snapshot = ApplyChunks(base, chunks, health_);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *snapshot : nullptr;
  }
  std::string Refusal(const Snapshot* base, const Chunks& chunks) {
    const auto snapshot = ApplyChunks(base, chunks, health_);
    EXPECT_FALSE(snapshot.ok());
    return snapshot.status().ToString();
  }

  AccountHealthRegistry health_;
};

TEST_F(ApplyChunksTest, AFullRevisionCanBeLookedUp) {
  const auto snapshot = Apply(nullptr, SmallRevision(7));
  EXPECT_EQ(snapshot->revision(), 7U);
  EXPECT_EQ(snapshot->lineage(), "lineage-a");
  const ApiKey* key = snapshot->FindKey(HashOfKey(2));
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->name, "key 2");
  EXPECT_EQ(snapshot->FindKey(HashOfKey(3)), nullptr);
  EXPECT_EQ(snapshot->FindKey("short"), nullptr);
  EXPECT_EQ(snapshot->FindUser(1)->username, "user 1");
  EXPECT_EQ(snapshot->FindGroup(1)->name, "group 1");
  ASSERT_EQ(snapshot->AccountsOf(1).size(), 2U);
  EXPECT_EQ(snapshot->AccountsOf(1)[0]->id, 2);  // the smaller priority number
  EXPECT_TRUE(snapshot->AccountsOf(99).empty());
  const Account* account = snapshot->FindAccount(1);
  EXPECT_EQ(account->credential.Reveal(), "sk-very-secret");
  EXPECT_EQ(account->timeouts.connect_ms, 10'000);
  EXPECT_NE(account->health, nullptr);
  const Price* price = snapshot->FindPrice("anthropic", "claude-sonnet-4", 1);
  ASSERT_NE(price, nullptr);
  EXPECT_EQ(price->prices.base.cache_read_pico_usd, 3'000'000);  // not priced apart
  EXPECT_EQ(price->prices.base.cache_write_5m_pico_usd, 3'750'000);
}

// What a request under way learns of an account counts only for the account as it is now.
TEST_F(ApplyChunksTest, AnAccountIsCurrentUntilAnAdministratorChangesIt) {
  const auto base = Apply(nullptr, SmallRevision(1));
  const Account& account = *base->FindAccount(1);
  EXPECT_TRUE(IsCurrent(account, *base));
  v1::Resource rests = AccountOf(1, {1}, 20);
  rests.mutable_account()->set_status(v1::ACCOUNT_STATUS_RATE_LIMITED);
  const auto resting = Apply(base.get(), {ChunkOf(1, 2, {rests})});
  ASSERT_NE(resting->FindAccount(1), &account);
  EXPECT_TRUE(IsCurrent(account, *resting)) << "its status alone is another";
  v1::Resource renewed = rests;
  renewed.mutable_account()->set_credential("sk-another-secret");
  const auto changed = Apply(resting.get(), {ChunkOf(2, 3, {renewed})});
  EXPECT_FALSE(IsCurrent(account, *changed));
  EXPECT_TRUE(IsCurrent(*changed->FindAccount(1), *changed));
  const auto gone =
      Apply(changed.get(), {ChunkOf(3, 4, {}, {RefTo(v1::RESOURCE_KIND_ACCOUNT, 1)})});
  EXPECT_FALSE(IsCurrent(*changed->FindAccount(1), *gone));
}

TEST_F(ApplyChunksTest, ARevisionMayComeInManyChunksAndAnyOrder) {
  Chunks chunks;
  for (const v1::Resource& resource : SmallWorld()) {
    chunks.insert(chunks.begin(), ChunkOf(0, 3, {resource}));
    chunks.front().set_last(chunks.size() == 1);
  }
  EXPECT_EQ(Apply(nullptr, chunks)->AccountsOf(1).size(), 2U);
}

TEST_F(ApplyChunksTest, ADifferenceLeavesItsBaseAsItWas) {
  const auto base = Apply(nullptr, SmallRevision(1));
  v1::Resource renamed = KeyOf(1, 1, 1);
  renamed.mutable_api_key()->set_name("renamed");
  const auto next =
      Apply(base.get(),
            {ChunkOf(1, 2, {renamed, AccountOf(3, {1}, 5)},
                     {RefTo(v1::RESOURCE_KIND_API_KEY, 2), RefTo(v1::RESOURCE_KIND_ACCOUNT, 2),
                      RefTo(v1::RESOURCE_KIND_PRICE, 1)})});
  EXPECT_EQ(next->FindKey(HashOfKey(1))->name, "renamed");
  EXPECT_EQ(next->FindKey(HashOfKey(2)), nullptr);
  ASSERT_EQ(next->AccountsOf(1).size(), 2U);
  EXPECT_EQ(next->AccountsOf(1)[0]->id, 3);
  EXPECT_EQ(next->FindPrice("anthropic", "claude-sonnet-4", 1), nullptr);
  EXPECT_EQ(base->FindKey(HashOfKey(1))->name, "key 1");
  EXPECT_NE(base->FindKey(HashOfKey(2)), nullptr);
  EXPECT_EQ(base->AccountsOf(1)[0]->id, 2);
  EXPECT_EQ(base->FindUser(1), next->FindUser(1));  // shared
}

TEST_F(ApplyChunksTest, ARotatedKeyIsFoundByItsNewHashAlone) {
  const auto base = Apply(nullptr, SmallRevision(1));
  v1::Resource first = KeyOf(1, 1, 1);
  v1::Resource second = KeyOf(2, 1, 1);
  first.mutable_api_key()->set_sha256(HashOfKey(2));  // the two exchange theirs
  second.mutable_api_key()->set_sha256(HashOfKey(1));
  const auto swapped = Apply(base.get(), {ChunkOf(1, 2, {first, second})});
  EXPECT_EQ(swapped->FindKey(HashOfKey(1))->id, 2);
  EXPECT_EQ(swapped->FindKey(HashOfKey(2))->id, 1);
  first.mutable_api_key()->set_sha256(HashOfKey(77));
  const auto rotated = Apply(swapped.get(), {ChunkOf(2, 3, {first})});
  EXPECT_EQ(rotated->FindKey(HashOfKey(2)), nullptr);
  EXPECT_EQ(rotated->FindKey(HashOfKey(77))->id, 1);
}

TEST_F(ApplyChunksTest, RefusesWithTheResourceAndTheReason) {
  const auto base = Apply(nullptr, SmallRevision(1));
  const auto with = [&](v1::Resource resource) {
    return Refusal(base.get(), {ChunkOf(1, 2, {std::move(resource)})});
  };
  const auto key = [&](const std::function<void(v1::ApiKey&)>& change) {
    v1::Resource resource = KeyOf(5, 1, 1);
    change(*resource.mutable_api_key());
    return with(resource);
  };
  const auto account = [&](const std::function<void(v1::Account&)>& change) {
    v1::Resource resource = AccountOf(6, {1});
    change(*resource.mutable_account());
    return with(resource);
  };
  EXPECT_THAT(key([](auto& k) { k.set_group_id(9); }), HasSubstr("api_key 5: its group 9"));
  EXPECT_THAT(key([](auto& k) { k.set_user_id(9); }), HasSubstr("api_key 5: its user 9"));
  EXPECT_THAT(key([](auto& k) { k.set_sha256("short"); }), HasSubstr("api_key 5: sha256"));
  EXPECT_THAT(key([](auto& k) { k.set_sha256(HashOfKey(1)); }),
              HasSubstr("api_key 5: has the sha256 of api_key 1"));
  EXPECT_THAT(key([](auto& k) { k.clear_availability(); }), HasSubstr("api_key 5: availability"));
  EXPECT_THAT(key([](auto& k) { k.add_allowed_ips("10.0.0.0/99"); }), HasSubstr("allowed_ips"));
  EXPECT_THAT(key([](auto& k) { k.mutable_limits()->set_concurrency(-1); }), HasSubstr("limits"));
  EXPECT_THAT(key([](auto& k) { k.set_id(0); }), HasSubstr("id must be positive"));
  EXPECT_THAT(account([](auto& a) { a.set_priority(1'001); }), HasSubstr("account 6: priority"));
  EXPECT_THAT(account([](auto& a) { a.set_weight(0); }), HasSubstr("account 6: weight"));
  EXPECT_THAT(account([](auto& a) { a.add_group_ids(9); }), HasSubstr("account 6: its group 9"));
  EXPECT_THAT(account([](auto& a) { a.set_request_url("ftp://x"); }), HasSubstr("request_url"));
  EXPECT_THAT(account([](auto& a) { a.set_platform(static_cast<v1::Platform>(77)); }),
              HasSubstr("account 6: platform"));
  EXPECT_THAT(account([](auto& a) { a.clear_status(); }), HasSubstr("account 6: status"));
  EXPECT_THAT(account([](auto& a) { (*a.mutable_headers())["x"] = "a\r\nb"; }),
              HasSubstr("headers"));
  EXPECT_THAT(account([](auto& a) { (*a.mutable_headers())["Host"] = "other"; }),
              HasSubstr("headers: belongs to the connection"));
  EXPECT_THAT(account([](auto& a) { a.set_credential("sk-very-secret\r\nx: y"); }),
              ::testing::AllOf(HasSubstr("credential"), ::testing::Not(HasSubstr("sk-very"))));
  v1::Resource price = PriceOf(9, "", "m");
  price.mutable_price()->set_input_pico_usd(-1);
  EXPECT_THAT(with(price), HasSubstr("price 9: input_pico_usd"));
  v1::Resource group = GroupOf(9);
  group.mutable_group()->set_price_multiplier_ppm(-5);
  EXPECT_THAT(with(group), HasSubstr("group 9: price_multiplier"));
  EXPECT_THAT(with(v1::Resource()), HasSubstr("kind"));
}

TEST_F(ApplyChunksTest, RefusesWhatWouldDangleAndWhatDoesNotFollow) {
  const auto base = Apply(nullptr, SmallRevision(1));
  const auto without = [&](v1::ResourceKind kind) {
    return Refusal(base.get(), {ChunkOf(1, 2, {}, {RefTo(kind, 1)})});
  };
  EXPECT_THAT(without(v1::RESOURCE_KIND_USER), HasSubstr("its user 1 is not there"));
  EXPECT_THAT(without(v1::RESOURCE_KIND_GROUP), HasSubstr("its group 1 is not there"));
  EXPECT_THAT(without(v1::RESOURCE_KIND_UNSPECIFIED), HasSubstr("kind"));
  EXPECT_THAT(
      Refusal(base.get(), {ChunkOf(1, 2, {KeyOf(1, 1, 1)}, {RefTo(v1::RESOURCE_KIND_API_KEY, 1)})}),
      HasSubstr("both changed and removed"));
  const auto precondition = [&](const Snapshot* on, const v1::SnapshotChunk& chunk) {
    return absl::IsFailedPrecondition(ApplyChunks(on, {chunk}, health_).status());
  };
  EXPECT_TRUE(precondition(nullptr, ChunkOf(1, 2, {})));
  EXPECT_TRUE(precondition(base.get(), ChunkOf(5, 6, {})));
  v1::SnapshotChunk other = ChunkOf(1, 2, {});
  other.set_lineage("lineage-b");
  EXPECT_TRUE(precondition(base.get(), other));
  v1::SnapshotChunk open = ChunkOf(1, 2, {});
  open.set_last(false);
  EXPECT_THAT(Refusal(base.get(), {open}), HasSubstr("last"));
  EXPECT_FALSE(ApplyChunks(base.get(), {}, health_).ok());
}

std::int64_t RestsUntil(const Snapshot& snapshot, std::int64_t account, std::string_view model) {
  const AccountHealth::Look look = snapshot.FindAccount(account)->health->Check(model, UnixMs());
  return look.standing == AccountHealth::Standing::kResting ? look.until_unix_ms : 0;
}

TEST_F(ApplyChunksTest, HealthIsCarriedAndFollowsWhatAdminSays) {
  const auto base = Apply(nullptr, SmallRevision(1));
  const std::int64_t now = UnixMs();
  const std::int64_t later = now + 60'000;
  base->FindAccount(1)->health->Follow("", RestCause::kOverloaded, later, now);
  base->FindAccount(2)->health->MarkRejected(now);

  // Everything again, unchanged: what was learned stays.
  const auto again = Apply(base.get(), SmallRevision(2));
  EXPECT_EQ(again->FindAccount(1)->health, base->FindAccount(1)->health);
  EXPECT_EQ(RestsUntil(*again, 1, "m"), later);
  EXPECT_TRUE(again->FindAccount(2)->health->rejected());

  // The echo of our own observation, then another relay's longer cooldown.
  v1::Resource limited = AccountOf(1, {1}, 20);
  limited.mutable_account()->set_status(v1::ACCOUNT_STATUS_RATE_LIMITED);
  limited.mutable_account()->set_cooldown_until_unix_ms(later + 5);
  limited.mutable_account()->set_status_observed_at_unix_ms(now);
  const auto echoed = Apply(again.get(), {ChunkOf(2, 3, {limited})});
  EXPECT_EQ(RestsUntil(*echoed, 1, "m"), later + 5);

  // An administrator resets one and changes the other.
  v1::Resource reset_one = AccountOf(1, {1}, 20);
  reset_one.mutable_account()->set_status_observed_at_unix_ms(now + 1);
  v1::Resource renewed = AccountOf(2, {1}, 10);
  renewed.mutable_account()->set_credential("sk-new");
  const auto reset = Apply(echoed.get(), {ChunkOf(3, 4, {reset_one, renewed})});
  EXPECT_EQ(RestsUntil(*reset, 1, "m"), 0);
  EXPECT_FALSE(reset->FindAccount(2)->health->rejected());

  const auto gone = Apply(reset.get(), {ChunkOf(4, 5, {}, {RefTo(v1::RESOURCE_KIND_ACCOUNT, 2)})});
  EXPECT_EQ(health_.size(), 1U);
}

TEST_F(ApplyChunksTest, AModelsRestComesAndGoesAlone) {
  const auto base = Apply(nullptr, SmallRevision(1));
  const std::int64_t now = UnixMs();
  const auto resting = [&](std::initializer_list<std::string_view> models) {
    v1::Resource resource = AccountOf(1, {1}, 20);
    for (const std::string_view model : models) {
      v1::ModelCooldown& entry = *resource.mutable_account()->add_model_cooldowns();
      entry.set_model(std::string(model));
      entry.set_until_unix_ms(now + 60'000);
      entry.set_observed_at_unix_ms(now);
      entry.set_reason("upstream_rate_limited");
    }
    return resource;
  };
  const auto two = Apply(base.get(), {ChunkOf(1, 2, {resting({"a", "b"})})});
  EXPECT_EQ(RestsUntil(*two, 1, "a"), now + 60'000);
  EXPECT_EQ(RestsUntil(*two, 1, "b"), now + 60'000);
  EXPECT_EQ(RestsUntil(*two, 1, "c"), 0);
  const auto one = Apply(two.get(), {ChunkOf(2, 3, {resting({"b"})})});
  EXPECT_EQ(RestsUntil(*one, 1, "a"), 0);
  EXPECT_EQ(RestsUntil(*one, 1, "b"), now + 60'000);
  // What this relay saw later than the others stays.
  one->FindAccount(1)->health->Follow("b", RestCause::kOverloaded, now + 90'000, now + 1);
  const auto none = Apply(one.get(), {ChunkOf(3, 4, {resting({})})});
  EXPECT_EQ(RestsUntil(*none, 1, "b"), now + 90'000);
}

// A relay that starts must not hold back what rested long before.
TEST_F(ApplyChunksTest, ARestThatWasOverLongAgoIsForgotten) {
  const std::int64_t now = UnixMs();
  const auto limited = [](std::int64_t id, std::int64_t until) {
    v1::Resource resource = AccountOf(id, {1});
    resource.mutable_account()->set_status(v1::ACCOUNT_STATUS_RATE_LIMITED);
    resource.mutable_account()->set_cooldown_until_unix_ms(until);
    return resource;
  };
  const auto snapshot = Apply(
      nullptr, {ChunkOf(0, 1, {GroupOf(1), limited(1, now - 600'000), limited(2, now - 1'000)})});
  const auto standing = [&](std::int64_t id) {
    return snapshot->FindAccount(id)->health->Check("m", UnixMs()).standing;
  };
  EXPECT_EQ(standing(1), AccountHealth::Standing::kWell);
  EXPECT_EQ(standing(2), AccountHealth::Standing::kHalfOpen);
}

TEST_F(ApplyChunksTest, NewDefaultsReachAccountsThatSetNone) {
  v1::Resource own = AccountOf(2, {1});
  own.mutable_account()->mutable_timeouts()->set_connect_ms(111);
  const auto base = Apply(nullptr, {ChunkOf(0, 1, {GroupOf(1), AccountOf(1, {1}), own})});
  base->FindAccount(1)->health->MarkRejected(1);
  v1::Resource settings;
  settings.mutable_settings()->mutable_timeouts()->set_connect_ms(222);
  const auto next = Apply(base.get(), {ChunkOf(1, 2, {settings})});
  EXPECT_EQ(next->FindAccount(1)->timeouts.connect_ms, 222);
  EXPECT_EQ(next->FindAccount(2)->timeouts.connect_ms, 111);
  EXPECT_EQ(next->FindAccount(1)->timeouts.total_ms, 3'600'000);
  EXPECT_EQ(next->AccountsOf(1)[0], next->FindAccount(1));
  EXPECT_TRUE(next->FindAccount(1)->health->rejected());  // no news of the account itself
}

TEST_F(ApplyChunksTest, CacheAndDisconnectPolicyHaveDefaults) {
  v1::Resource group = GroupOf(1);
  group.mutable_group()->set_cache(true);
  group.mutable_group()->set_cache_ttl_ms(50);
  v1::Resource settings;
  settings.mutable_settings();
  const auto base = Apply(nullptr, {ChunkOf(0, 1, {group, settings})});
  EXPECT_TRUE(base->FindGroup(1)->cache);
  EXPECT_EQ(base->FindGroup(1)->cache_ttl_ms, 50);
  EXPECT_EQ(base->settings().cache_ttl_ms, 300'000);
  EXPECT_FALSE(base->settings().on_disconnect.drain);
  EXPECT_EQ(base->settings().on_disconnect.ms_max, 60'000);
  settings.mutable_settings()->set_cache_ttl_ms(7);
  settings.mutable_settings()->set_on_disconnect(v1::ON_DISCONNECT_DRAIN);
  settings.mutable_settings()->set_drain_ms_max(8);
  settings.mutable_settings()->set_drain_nano_usd_max(9);
  const auto next = Apply(base.get(), {ChunkOf(1, 2, {settings})});
  EXPECT_EQ(next->settings().cache_ttl_ms, 7);
  EXPECT_TRUE(next->settings().on_disconnect.drain);
  EXPECT_EQ(next->settings().on_disconnect.ms_max, 8);
  EXPECT_EQ(next->settings().on_disconnect.nano_usd_max, 9);
}

TEST_F(ApplyChunksTest, BodyRulesHaveDefaultsAndAreChecked) {
  v1::Resource group = GroupOf(1);
  group.mutable_group()->set_record_bodies(true);
  v1::Resource settings;
  settings.mutable_settings();
  const auto base = Apply(nullptr, {ChunkOf(0, 1, {group, settings})});
  EXPECT_TRUE(base->FindGroup(1)->record_bodies);
  EXPECT_FALSE(base->settings().bodies->forbidden);
  EXPECT_EQ(base->settings().bodies->bytes_max, 65'536);
  settings.mutable_settings()->set_bodies_forbidden(true);
  settings.mutable_settings()->set_body_bytes_max(2'048);
  settings.mutable_settings()->set_body_mask_emails(true);
  settings.mutable_settings()->add_body_mask_patterns("[0-9]+");
  const auto next = Apply(base.get(), {ChunkOf(1, 2, {settings})});
  EXPECT_TRUE(next->settings().bodies->forbidden);
  EXPECT_EQ(next->settings().bodies->bytes_max, 2'048);
  EXPECT_TRUE(next->settings().bodies->mask_emails);
  EXPECT_EQ(next->settings().bodies->mask_patterns, std::vector<std::string>{"[0-9]+"});
}

TEST_F(ApplyChunksTest, MappingsTryExactNamesThenTheLongestPattern) {
  v1::Resource group = GroupOf(1);
  auto& mapping = *group.mutable_group()->mutable_model_mapping();
  mapping["claude-*"] = "wide";
  mapping["claude-opus-*"] = "narrow";
  mapping["claude-opus-4"] = "exact";
  const auto snapshot = Apply(nullptr, {ChunkOf(0, 1, {group})});
  const ModelMapping& map = snapshot->FindGroup(1)->model_mapping;
  EXPECT_EQ(map.Map("claude-opus-4"), "exact");
  EXPECT_EQ(map.Map("claude-opus-5"), "narrow");
  EXPECT_EQ(map.Map("claude-haiku"), "wide");
  EXPECT_EQ(map.Map("gpt-5"), "gpt-5");
}

using World = std::map<std::pair<int, std::int64_t>, v1::Resource>;

std::vector<v1::Resource> Resources(const World& world) {
  std::vector<v1::Resource> resources;
  for (const auto& [name, resource] : world) resources.push_back(resource);
  return resources;
}

void ExpectSame(const Snapshot& a, const Snapshot& b) {
  for (std::int64_t id = 1; id <= 40; ++id) {
    const ApiKey* key_a = a.FindKey(HashOfKey(id));
    const ApiKey* key_b = b.FindKey(HashOfKey(id));
    ASSERT_EQ(key_a == nullptr, key_b == nullptr) << id;
    if (key_a != nullptr) {
      EXPECT_EQ(key_a->id, key_b->id);
      EXPECT_EQ(key_a->name, key_b->name);
      EXPECT_EQ(key_a->group_id, key_b->group_id);
    }
    ASSERT_EQ(a.FindUser(id) == nullptr, b.FindUser(id) == nullptr);
    ASSERT_EQ(a.FindGroup(id) == nullptr, b.FindGroup(id) == nullptr);
    ASSERT_EQ(a.FindAccount(id) == nullptr, b.FindAccount(id) == nullptr);
    ASSERT_EQ(a.FindPrice("anthropic", StrCat("model-", id), 1) == nullptr,
              b.FindPrice("anthropic", StrCat("model-", id), 1) == nullptr);
    const auto& in_a = a.AccountsOf(id);
    const auto& in_b = b.AccountsOf(id);
    ASSERT_EQ(in_a.size(), in_b.size()) << id;
    for (std::size_t i = 0; i < in_a.size(); ++i) {
      EXPECT_EQ(in_a[i]->id, in_b[i]->id);
      EXPECT_EQ(in_a[i], a.FindAccount(in_a[i]->id));  // the index points into its own snapshot
      EXPECT_EQ(in_a[i]->priority, in_b[i]->priority);
    }
  }
}

// Any row of differences ends where everything at once would have.
TEST_F(ApplyChunksTest, DifferencesAddUpToTheWhole) {
  std::mt19937 random(17);
  const auto pick = [&](int bound) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(bound));
  };
  World world;
  for (std::int64_t id = 1; id <= 5; ++id) {
    world[{v1::RESOURCE_KIND_USER, id}] = UserOf(id);
    world[{v1::RESOURCE_KIND_GROUP, id}] = GroupOf(id);
  }
  auto snapshot = Apply(nullptr, {ChunkOf(0, 1, Resources(world))});
  for (std::uint64_t revision = 2; revision < 300; ++revision) {
    World upserts;
    std::map<std::pair<int, std::int64_t>, v1::ResourceRef> removals;
    for (int change = 0; change < 4; ++change) {
      const std::int64_t id = pick(40);
      const int kind = std::vector<int>{v1::RESOURCE_KIND_API_KEY, v1::RESOURCE_KIND_ACCOUNT,
                                        v1::RESOURCE_KIND_PRICE}[random() % 3];
      const std::pair<int, std::int64_t> name(kind, id);
      if (upserts.contains(name) || removals.contains(name)) continue;
      if (random() % 3 == 0) {
        removals[name] = RefTo(static_cast<v1::ResourceKind>(kind), id);
        world.erase(name);
        continue;
      }
      v1::Resource resource = KeyOf(id, pick(5), pick(5));
      if (kind == v1::RESOURCE_KIND_API_KEY) {
        resource.mutable_api_key()->set_name(StrCat("name ", revision));
      } else if (kind == v1::RESOURCE_KIND_ACCOUNT) {
        resource = AccountOf(id, {pick(5), pick(5)}, static_cast<std::uint32_t>(pick(4)));
      } else {
        resource = PriceOf(id, "anthropic", StrCat("model-", id));
      }
      upserts[name] = world[name] = resource;
    }
    std::vector<v1::ResourceRef> refs;
    for (const auto& [name, ref] : removals) refs.push_back(ref);
    snapshot = Apply(snapshot.get(), {ChunkOf(revision - 1, revision, Resources(upserts), refs)});
    ASSERT_NE(snapshot, nullptr);
    if (revision % 20 == 0) {
      AccountHealthRegistry other;
      const auto whole = ApplyChunks(nullptr, {ChunkOf(0, revision, Resources(world))}, other);
      ASSERT_TRUE(whole.ok()) << whole.status();
      ExpectSame(*snapshot, **whole);
    }
  }
}

TEST_F(ApplyChunksTest, KeptConnectionsBelongToAnAccountAndItsProxy) {
  const auto key_with = [this](std::int64_t id, std::string_view proxy) {
    v1::Resource account = AccountOf(id, {1});
    account.mutable_account()->set_proxy_url(std::string(proxy));
    const auto snapshot = Apply(nullptr, {ChunkOf(0, 1, {UserOf(1), GroupOf(1), account})});
    return snapshot->FindAccount(id)->url.pool_key;
  };
  EXPECT_EQ(key_with(1, ""), key_with(2, "")) << "without a proxy all share";
  const std::string key = key_with(1, "http://a:pw@proxy:1");
  EXPECT_EQ(key_with(1, "http://a:pw@proxy:1"), key);
  for (const std::string_view other :
       {"", "http://a:pw@proxy:2", "socks5://a:pw@proxy:1", "http://a:other@proxy:1"}) {
    EXPECT_NE(key_with(1, other), key) << other;
  }
  EXPECT_NE(key_with(2, "http://a:pw@proxy:1"), key);
  EXPECT_EQ(key.find("pw"), std::string::npos);
}

}  // namespace
}  // namespace weir::relay
