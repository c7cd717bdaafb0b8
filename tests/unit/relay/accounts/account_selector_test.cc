#include "services/relay/accounts/account_selector.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/reason.h"
#include "tests/unit/relay/support/snapshots.h"

namespace weir::relay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::SnapshotMaker;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kNow = 1'700'000'000'000;

SelectionRequest RequestFor(std::string_view model, std::uint64_t seed = 0) {
  return {1, model, Dialect::kAnthropicMessages, kNow, seed};
}

std::vector<std::int64_t> Ids(const Selection& selection) {
  std::vector<std::int64_t> ids;
  for (const Account* account : selection.accounts) ids.push_back(account->id);
  return ids;
}

std::vector<std::int64_t> Choose(const SnapshotMaker& maker, std::uint64_t seed,
                                 std::size_t attempts_max = 10) {
  return Ids(SelectAccounts(*maker.Make(), RequestFor("m", seed), attempts_max));
}

TEST(AccountSelectorTest, SmallerPriorityNumbersComeFirst) {
  SnapshotMaker maker;
  maker.AddAccount(1).priority = 9;
  maker.AddAccount(2).priority = 0;
  maker.AddAccount(3).priority = 5;
  maker.accounts[0].weight = 1'000;  // weight counts within a priority only
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_THAT(Choose(maker, seed), ElementsAre(2, 3, 1));
  }
  EXPECT_THAT(Choose(maker, 0, 2), ElementsAre(2, 3));
  EXPECT_THAT(Choose(maker, 0, 1), ElementsAre(2));
}

TEST(AccountSelectorTest, SharesFollowTheWeights) {
  SnapshotMaker maker;
  const std::map<std::int64_t, double> weights = {{11, 1}, {12, 2}, {13, 7}, {14, 10}};
  for (const auto& [id, weight] : weights) {
    maker.AddAccount(id).weight = static_cast<std::uint32_t>(weight);
  }
  const auto snapshot = maker.Make();
  constexpr int kSeeds = 40'000;
  std::map<std::int64_t, int> won;
  for (int seed = 0; seed < kSeeds; ++seed) {
    // Seeds that follow each other are the hardest to spread.
    ++won[SelectAccounts(*snapshot, RequestFor("m", static_cast<std::uint64_t>(seed)), 1)
              .accounts.at(0)
              ->id];
  }
  for (const auto& [id, weight] : weights) {
    const double share = weight / 20;
    const double deviation = std::sqrt(kSeeds * share * (1 - share));
    EXPECT_NEAR(won[id], kSeeds * share, 5 * deviation) << id;
  }
}

TEST(AccountSelectorTest, TheSecondChoiceIsSpreadToo) {
  SnapshotMaker maker;
  for (std::int64_t id = 1; id <= 4; ++id) maker.AddAccount(id);
  const auto snapshot = maker.Make();
  std::map<std::int64_t, int> second;
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    const std::vector<std::int64_t> ids = Ids(SelectAccounts(*snapshot, RequestFor("m", seed), 2));
    if (ids.at(0) == 1) ++second[ids.at(1)];
  }
  for (std::int64_t id = 2; id <= 4; ++id) EXPECT_NEAR(second[id], 2'500 / 3.0, 150) << id;
}

TEST(AccountSelectorTest, WhenAnAccountGoesOnlyItsSeedsMove) {
  SnapshotMaker maker;
  for (std::int64_t id = 1; id <= 6; ++id) {
    maker.AddAccount(id).weight = static_cast<std::uint32_t>(id);
  }
  SnapshotMaker smaller = maker;
  smaller.accounts.erase(smaller.accounts.begin() + 3);
  const auto all = maker.Make();
  const auto rest = smaller.Make();
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    std::vector<std::int64_t> order = Ids(SelectAccounts(*all, RequestFor("m", seed), 10));
    std::erase(order, 4);
    EXPECT_EQ(Ids(SelectAccounts(*rest, RequestFor("m", seed), 10)), order) << seed;
  }
}

TEST(AccountSelectorTest, TheSameSeedChoosesAlikeInAnySnapshot) {
  SnapshotMaker maker;
  for (std::int64_t id = 1; id <= 5; ++id) maker.AddAccount(id);
  SnapshotMaker reversed;
  for (std::int64_t id = 5; id >= 1; --id) reversed.AddAccount(id);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_EQ(Choose(maker, seed), Choose(reversed, seed));
  }
}

TEST(AccountSelectorTest, StableHashIsStable) {
  // In every process and on every relay: these figures must never change.
  EXPECT_EQ(StableHash("conversation"), StableHash("conversation"));
  EXPECT_NE(StableHash("conversation"), StableHash("conversatioN"));
  EXPECT_NE(StableHash(""), StableHash(std::string_view("\0", 1)));
  EXPECT_EQ(StableHash(""), 14087677454934409008U);
  EXPECT_EQ(StableHash("conversation"), 6718560650254726097U);
}

TEST(AccountSelectorTest, LeavesOutWhoCannotServe) {
  SnapshotMaker maker;
  maker.AddAccount(1).status = AccountStatus::kDisabled;
  maker.AddAccount(2).status = AccountStatus::kAccountException;
  maker.AddAccount(3).health->MarkRejected();
  maker.AddAccount(4).health->CoolDown(kNow + 1);
  maker.AddAccount(5).cooldown_until_unix_ms = kNow + 1;
  maker.AddAccount(6).models = {ModelPattern("other-*"), ModelPattern("n")};
  maker.AddAccount(7).platform = Platform::kOpenAi;
  maker.AddAccount(8).group_ids = {2};
  maker.AddAccount(9).group_ids = {};
  maker.AddAccount(10).health->CoolDownModel("m", kNow + 1);
  maker.AddAccount(11).health->CoolDownModel("another", kNow + 1);
  maker.AddAccount(12).health->CoolDown(kNow);                // just over
  maker.AddAccount(13).status = AccountStatus::kRateLimited;  // its cooldown is over
  maker.AddAccount(14).models = {ModelPattern("m*")};
  maker.AddAccount(15).platform = Platform::kClaudeConsole;
  EXPECT_THAT(Choose(maker, 0, 100), UnorderedElementsAre(11, 12, 13, 14, 15));
}

struct Miss {
  std::string what;
  void (*change)(Account&);
  std::string_view reason;
  std::int64_t earliest = 0;
};

TEST(AccountSelectorTest, TellsWhyThereIsNone) {
  const std::vector<Miss> misses = {
      {"model", [](Account& a) { a.models = {ModelPattern("x")}; }, reason::kModelNotFound},
      {"dialect", [](Account& a) { a.platform = Platform::kOpenAi; }, reason::kDialectNotServed},
      {"disabled", [](Account& a) { a.status = AccountStatus::kDisabled; },
       reason::kNoAccountAvailable},
      {"rejected", [](Account& a) { a.health->MarkRejected(); }, reason::kNoAccountAvailable},
      {"cooling", [](Account& a) { a.cooldown_until_unix_ms = kNow + 70; },
       reason::kNoAccountAvailable, kNow + 70},
      {"learned", [](Account& a) { a.health->CoolDownModel("m", kNow + 50); },
       reason::kNoAccountAvailable, kNow + 50},
  };
  for (const Miss& miss : misses) {
    SnapshotMaker maker;
    miss.change(maker.AddAccount(1));
    const Selection selection = SelectAccounts(*maker.Make(), RequestFor("m"), 3);
    EXPECT_THAT(selection.accounts, IsEmpty()) << miss.what;
    EXPECT_EQ(selection.reason, miss.reason) << miss.what;
    EXPECT_EQ(selection.earliest_unix_ms, miss.earliest) << miss.what;
  }
  EXPECT_EQ(SelectAccounts(*SnapshotMaker().Make(), RequestFor("m"), 3).reason,
            reason::kModelNotFound);
}

TEST(AccountSelectorTest, TheMostTellingReasonWins) {
  SnapshotMaker maker;
  maker.AddAccount(1).models = {ModelPattern("x")};
  maker.AddAccount(2).platform = Platform::kOpenAi;
  EXPECT_EQ(SelectAccounts(*maker.Make(), RequestFor("m"), 3).reason, reason::kDialectNotServed);
  maker.AddAccount(3).status = AccountStatus::kDisabled;
  EXPECT_EQ(SelectAccounts(*maker.Make(), RequestFor("m"), 3).reason, reason::kNoAccountAvailable);
  maker.AddAccount(4).cooldown_until_unix_ms = kNow + 90;
  maker.AddAccount(5).cooldown_until_unix_ms = kNow + 30;
  maker.AddAccount(6).cooldown_until_unix_ms = kNow + 60;
  EXPECT_EQ(SelectAccounts(*maker.Make(), RequestFor("m"), 3).earliest_unix_ms, kNow + 30);
  maker.AddAccount(7);
  const auto snapshot = maker.Make();
  const Selection found = SelectAccounts(*snapshot, RequestFor("m"), 3);
  EXPECT_THAT(Ids(found), ElementsAre(7));
  EXPECT_EQ(found.reason, "");
}

TEST(AccountSelectorTest, EachPlatformSpeaksAtMostOneDialect) {
  for (int platform = 0; platform <= static_cast<int>(Platform::kSession); ++platform) {
    const auto known = static_cast<Platform>(platform);
    EXPECT_FALSE(SpeaksNatively(known, Dialect::kAnthropicMessages) &&
                 SpeaksNatively(known, Dialect::kOpenAiChat));
  }
  EXPECT_TRUE(SpeaksNatively(Platform::kClaude, Dialect::kAnthropicMessages));
  EXPECT_TRUE(SpeaksNatively(Platform::kOpenAi, Dialect::kOpenAiChat));
}

}  // namespace
}  // namespace weir::relay
