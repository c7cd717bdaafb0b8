#include "services/relay/accounts/account_selector.h"

#include <cmath>
#include <map>
#include <string>
#include <utility>
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

void Rest(Account& account, std::string_view model, std::int64_t until_unix_ms) {
  account.health->Follow(model, RestCause::kRateLimited, until_unix_ms, 0);
}

SelectionRequest RequestFor(std::string_view model, std::uint64_t seed = 0) {
  SelectionRequest request;
  request.group_id = 1;
  request.model = model;
  request.now_unix_ms = kNow;
  request.seed = seed;
  return request;
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
  EXPECT_EQ(StableHash(""), 11998288258340032888U);
  EXPECT_EQ(StableHash("conversation"), 2152430937661781170U);
}

TEST(AccountSelectorTest, LeavesOutWhoCannotServe) {
  SnapshotMaker maker;
  maker.AddAccount(1).status = AccountStatus::kDisabled;
  maker.AddAccount(2).status = AccountStatus::kAccountException;
  maker.AddAccount(3).health->MarkRejected(kNow);
  Rest(maker.AddAccount(4), "", kNow + 1);
  Rest(maker.AddAccount(5), "upstream-m", kNow + 1);
  maker.accounts.back().model_mapping.entries = {{ModelPattern("m"), "upstream-m"}};
  maker.AddAccount(6).models = {ModelPattern("other-*"), ModelPattern("n")};
  maker.AddAccount(7).platform = Platform::kOpenAi;
  maker.AddAccount(8).group_ids = {2};
  maker.AddAccount(9).group_ids = {};
  Rest(maker.AddAccount(10), "m", kNow + 1);
  Rest(maker.AddAccount(11), "another", kNow + 1);
  Rest(maker.AddAccount(12), "", kNow);                       // just over
  maker.AddAccount(13).status = AccountStatus::kRateLimited;  // its cooldown is over
  maker.AddAccount(14).models = {ModelPattern("m*")};
  maker.AddAccount(15).platform = Platform::kClaudeConsole;
  EXPECT_THAT(Choose(maker, 0, 100), UnorderedElementsAre(11, 12, 13, 14, 15));
}

TEST(AccountSelectorTest, OneThatIsBeingTriedIsLeftOut) {
  SnapshotMaker maker;
  Rest(maker.AddAccount(1), "", kNow);
  maker.AddAccount(2);
  EXPECT_THAT(Choose(maker, 0), UnorderedElementsAre(1, 2));
  ASSERT_TRUE(maker.accounts[0].health->Begin("m", kNow).has_value());
  EXPECT_THAT(Choose(maker, 0), ElementsAre(2));
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
      {"rejected", [](Account& a) { a.health->MarkRejected(kNow); }, reason::kNoAccountAvailable},
      {"resting", [](Account& a) { Rest(a, "", kNow + 70); }, reason::kNoAccountAvailable,
       kNow + 70},
      {"learned", [](Account& a) { Rest(a, "m", kNow + 50); }, reason::kNoAccountAvailable,
       kNow + 50},
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

TEST(AccountSelectorTest, ThoseThatNeedTranslationComeLast) {
  SnapshotMaker maker;
  maker.AddAccount(1).platform = Platform::kOpenAi;
  maker.AddAccount(2).priority = 90;
  maker.AddAccount(3).platform = Platform::kGemini;
  SelectionRequest request = RequestFor("m");
  request.translatable = 1U << static_cast<unsigned>(Dialect::kOpenAiChat);
  const auto ids = [&] {
    std::vector<std::int64_t> found;
    const std::shared_ptr<const Snapshot> snapshot = maker.Make();
    const Selection selection = SelectAccounts(*snapshot, request, 3);
    for (const Account* account : selection.accounts) {
      found.push_back(account->id);
    }
    return found;
  };
  EXPECT_THAT(ids(), ElementsAre(2, 1)) << "whatever their priorities";
  maker.accounts[1].status = AccountStatus::kDisabled;
  EXPECT_THAT(ids(), ElementsAre(1));
  request.native_only = true;
  EXPECT_THAT(ids(), IsEmpty());
  SnapshotMaker alone;
  alone.AddAccount(1).platform = Platform::kOpenAi;
  EXPECT_EQ(SelectAccounts(*alone.Make(), request, 3).reason, reason::kNativeOnly);
  maker.accounts[1].status = AccountStatus::kNormal;
  EXPECT_THAT(ids(), ElementsAre(2)) << "the caller's own";
  maker.accounts[1].status = AccountStatus::kDisabled;
  request.native_only = false;
  request.translatable = 0;
  EXPECT_THAT(ids(), IsEmpty());
}

TEST(AccountSelectorTest, TheMostTellingReasonWins) {
  SnapshotMaker maker;
  maker.AddAccount(1).models = {ModelPattern("x")};
  maker.AddAccount(2).platform = Platform::kOpenAi;
  EXPECT_EQ(SelectAccounts(*maker.Make(), RequestFor("m"), 3).reason, reason::kDialectNotServed);
  maker.AddAccount(3).status = AccountStatus::kDisabled;
  EXPECT_EQ(SelectAccounts(*maker.Make(), RequestFor("m"), 3).reason, reason::kNoAccountAvailable);
  Rest(maker.AddAccount(4), "", kNow + 90);
  Rest(maker.AddAccount(5), "", kNow + 30);
  Rest(maker.AddAccount(6), "", kNow + 60);
  EXPECT_EQ(SelectAccounts(*maker.Make(), RequestFor("m"), 3).earliest_unix_ms, kNow + 30);
  maker.AddAccount(7);
  const auto snapshot = maker.Make();
  const Selection found = SelectAccounts(*snapshot, RequestFor("m"), 3);
  EXPECT_THAT(Ids(found), ElementsAre(7));
  EXPECT_EQ(found.reason, "");
}

constexpr std::uint64_t kModel = StableHash("m");

void SetFirstByte(const Account& account, std::int64_t ms) {
  for (std::uint32_t i = 0; i < AccountStats::kSamplesMin; ++i) {
    account.health->stats().NoteFirstByte(kModel, ms, kNow);
  }
}

// Waiting does not help: who calls is not told to.
TEST(AccountSelectorTest, AModelThatIsRefusedEverywhereIsToldAsSuch) {
  SnapshotMaker maker;
  maker.AddAccount(1);
  maker.AddAccount(2);
  const auto snapshot = maker.Make();
  for (const Account* account : snapshot->AccountsOf(1)) {
    account->health->Follow("m", RestCause::kModelRefused, kNow + 5, 0);
  }
  Selection selection = SelectAccounts(*snapshot, RequestFor("m"), 10);
  EXPECT_EQ(selection.reason, reason::kModelRefused);
  EXPECT_EQ(selection.earliest_unix_ms, 0);
  snapshot->FindAccount(2)->health->Follow("m", RestCause::kOverloaded, kNow + 9, 0);
  selection = SelectAccounts(*snapshot, RequestFor("m"), 10);
  EXPECT_EQ(selection.reason, reason::kNoAccountAvailable);
  EXPECT_EQ(selection.earliest_unix_ms, kNow + 9);
}

TEST(AccountSelectorTest, OneWithNothingLeftIsTheLastResort) {
  SnapshotMaker maker;
  maker.AddAccount(1).health->stats().NoteRates(kModel, kNow + 500, 0, kNow);
  maker.AddAccount(2).priority = 500;
  EXPECT_THAT(Choose(maker, 0), ElementsAre(2, 1)) << "even before a smaller number";
  EXPECT_THAT(Ids(SelectAccounts(*maker.Make(), RequestFor("other"), 9)), ElementsAre(1, 2));
  SelectionRequest later = RequestFor("m");
  later.now_unix_ms = kNow + 500;
  EXPECT_THAT(Ids(SelectAccounts(*maker.Make(), later, 9)), ElementsAre(1, 2)) << "it comes back";
  SnapshotMaker alone;
  alone.AddAccount(1).health->stats().NoteRates(0, kNow + 500, 0, kNow);
  EXPECT_THAT(Choose(alone, 0), ElementsAre(1)) << "nobody has refused yet";
}

TEST(AccountSelectorTest, OneThatIsNearlySpentKeepsItsSessionsAndTakesNoNewOnes) {
  SnapshotMaker maker;
  maker.AddAccount(1).health->stats().NoteRates(kModel, 0, kNow + 500, kNow);
  maker.AddAccount(2).priority = 500;
  const auto snapshot = maker.Make();
  SessionMemory sessions;
  sessions.Note(1, /*session=*/77, kNow);
  SelectionRequest request = RequestFor("m", 77);
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, request, 9)), ElementsAre(2, 1)) << "no session";
  request.sessions = &sessions;
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, request, 9)), ElementsAre(1, 2));
  request.seed = 78;
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, request, 9)), ElementsAre(2, 1)) << "a new one";
  request.now_unix_ms = kNow + 500;
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, request, 9)), ElementsAre(1, 2)) << "it recovered";
}

TEST(AccountSelectorTest, ASlowAccountGivesItsSessionsUpUntilItRecovers) {
  SnapshotMaker maker;
  for (std::int64_t id = 1; id <= 3; ++id) SetFirstByte(maker.AddAccount(id), 400);
  const auto snapshot = maker.Make();
  std::uint64_t seed = 0;
  while (Choose(maker, seed).front() != 2) ++seed;
  const std::vector<std::int64_t> usual = Choose(maker, seed);
  SetFirstByte(maker.accounts[1], 60'000);
  const std::vector<std::int64_t> spilled = Choose(maker, seed);
  EXPECT_THAT(spilled, ElementsAre(usual[1], usual[2], 2)) << "behind its peers, not away";
  for (std::uint64_t other = 0; other < 100; ++other) {
    EXPECT_NE(Choose(maker, other).front(), 2) << other;
  }
  SelectionRequest later = RequestFor("m", seed);
  later.now_unix_ms = kNow + AccountStats::kSamplesFreshMs + 1;
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, later, 9)), ElementsAre(2, usual[1], usual[2]))
      << "what nobody has seen lately counts no more";
  for (int i = 0; i < 100; ++i) SetFirstByte(maker.accounts[1], 500);
  EXPECT_EQ(Choose(maker, seed), usual);
}

TEST(AccountSelectorTest, SlowIsMeantByFarAndOnlyAmongPeers) {
  SnapshotMaker maker;
  SetFirstByte(maker.AddAccount(1), 2'000);
  SetFirstByte(maker.AddAccount(2), 600);
  int first = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) first += Choose(maker, seed).front() == 1;
  EXPECT_GT(first, 60) << "three times as slow is not";
  SetFirstByte(maker.accounts[0], 90'000);
  maker.accounts[1].priority = 9;
  EXPECT_THAT(Choose(maker, 0), ElementsAre(1, 2)) << "the only one of its priority";
}

SnapshotMaker Many(std::int64_t count) {
  SnapshotMaker maker;
  for (std::int64_t id = 1; id <= count; ++id) {
    maker.AddAccount(id).weight = static_cast<std::uint32_t>(1 + id % 3);
  }
  return maker;
}

TEST(AccountSelectorTest, AmongThousandsSharesFollowTheWeightsToo) {
  const SnapshotMaker maker = Many(1'000);
  const auto snapshot = maker.Make();
  constexpr int kSeeds = 100'000;
  std::map<std::int64_t, int> by_weight;
  std::map<std::int64_t, int> by_account;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Account* won =
        SelectAccounts(*snapshot, RequestFor("m", static_cast<std::uint64_t>(seed)), 1).accounts[0];
    ++by_weight[won->weight];
    ++by_account[won->id];
  }
  for (const std::int64_t weight : {1, 2, 3}) {
    const double share = static_cast<double>(weight) / 6;
    EXPECT_NEAR(by_weight[weight], kSeeds * share, 0.02 * kSeeds) << weight;
  }
  EXPECT_GT(by_account.size(), 990U) << "all of them serve";
  for (const auto& [id, count] : by_account) EXPECT_LT(count, 300) << id;  // 150 for weight 3
}

TEST(AccountSelectorTest, AmongThousandsOnlyTheSeedsOfWhoGoesMove) {
  SnapshotMaker maker = Many(1'000);
  const auto snapshot = maker.Make();
  std::map<std::uint64_t, std::int64_t> before;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    before[seed] = SelectAccounts(*snapshot, RequestFor("m", seed), 1).accounts.at(0)->id;
  }
  const std::int64_t gone = before[5];
  Rest(maker.accounts[static_cast<std::size_t>(gone - 1)], "", kNow + 100);
  for (const auto& [seed, id] : before) {
    const std::int64_t now = SelectAccounts(*snapshot, RequestFor("m", seed), 1).accounts.at(0)->id;
    if (id == gone) {
      EXPECT_NE(now, gone);
    } else {
      EXPECT_EQ(now, id) << seed;
    }
  }
  SelectionRequest later = RequestFor("m", 5);
  later.now_unix_ms = kNow + 100;
  EXPECT_EQ(SelectAccounts(*snapshot, later, 1).accounts.at(0)->id, gone) << "they come back";
}

TEST(AccountSelectorTest, AmongThousandsTheFewThatServeAreFound) {
  SnapshotMaker maker = Many(1'000);
  for (std::size_t i = 0; i < 1'000; ++i) {
    if (i == 500) continue;
    if (i % 2 == 0) maker.accounts[i].models = {ModelPattern("other")};
    if (i % 2 == 1) Rest(maker.accounts[i], "m", kNow + 50);
  }
  const auto snapshot = maker.Make();
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, RequestFor("m", 3), 5)), ElementsAre(501));
  const Selection none = SelectAccounts(*snapshot, RequestFor("third", 3), 600);
  EXPECT_EQ(none.accounts.size(), 501U) << "all that serve anything";
}

TEST(AccountSelectorTest, TellsWhyOfEachOneThatDoesNotServe) {
  SnapshotMaker maker;
  maker.AddAccount(1);
  maker.AddAccount(2).status = AccountStatus::kDisabled;
  maker.AddAccount(3).health->MarkRejected(kNow);
  Rest(maker.AddAccount(4), "m", kNow + 9);
  maker.AddAccount(5).models = {ModelPattern("x")};
  maker.AddAccount(6).models = {ModelPattern("x")};
  maker.AddAccount(7).platform = Platform::kOpenAi;
  maker.AddAccount(8).health->stats().NoteRates(kModel, kNow + 7, 0, kNow);
  Rest(maker.AddAccount(9), "", kNow - 1);
  ASSERT_TRUE(maker.accounts.back().health->Begin("m", kNow).has_value());
  std::vector<Judgement> judgements;
  SelectionRequest request = RequestFor("m");
  request.judgements = &judgements;
  const auto snapshot = maker.Make();
  const Selection selection = SelectAccounts(*snapshot, request, 100);
  EXPECT_THAT(Ids(selection), ElementsAre(1, 8));
  std::map<std::int64_t, std::pair<std::string_view, std::int64_t>> why;
  for (const Judgement& judgement : judgements) {
    why[judgement.account->id] = {judgement.reason, judgement.until_unix_ms};
  }
  const std::map<std::int64_t, std::pair<std::string_view, std::int64_t>> expected = {
      {2, {reason::kAccountDisabled, 0}},
      {3, {reason::kCredentialRejected, 0}},
      {4, {reason::kUpstreamRateLimited, kNow + 9}},
      {5, {reason::kAccountOtherModel, 0}},
      {6, {reason::kAccountOtherModel, 0}},
      {7, {reason::kDialectNotServed, 0}},
      {8, {reason::kAccountAtLimit, kNow + 7}},
      {9, {reason::kAccountProbing, kNow + AccountHealth::kProbeHoldMs}},
  };
  EXPECT_EQ(why, expected);
  request.judgements = nullptr;
  EXPECT_EQ(Ids(SelectAccounts(*snapshot, request, 100)), Ids(selection))
      << "asking changes nothing";
}

TEST(AccountSelectorTest, UnpricedAccountsAreLeftOutWhenTheyMust) {
  SnapshotMaker maker;
  maker.AddAccount(1);
  SelectionRequest request = RequestFor("m");
  request.must_be_priced = true;
  const auto snapshot = maker.Make();
  EXPECT_EQ(SelectAccounts(*snapshot, request, 3).reason, reason::kModelUnpriced);
  request.must_be_priced = false;
  EXPECT_THAT(Ids(SelectAccounts(*snapshot, request, 3)), ElementsAre(1));
}

// The dialects that an account speaks, by their names.
std::vector<std::string_view> Spoken(Platform platform, std::string host = "compatible.example") {
  Account account;
  account.platform = platform;
  account.url.host = std::move(host);
  std::vector<std::string_view> names;
  for (const DialectWords& row : kDialectWords) {
    if (SpeaksNatively(account, row.dialect)) names.push_back(row.name);
  }
  return names;
}

TEST(AccountSelectorTest, APlatformSpeaksItsDialectAndOpenAiItselfBothOfItsOwn) {
  EXPECT_THAT(Spoken(Platform::kClaude), ElementsAre("anthropic_messages"));
  EXPECT_THAT(Spoken(Platform::kClaudeConsole), ElementsAre("anthropic_messages"));
  EXPECT_THAT(Spoken(Platform::kOpenAi), ElementsAre("openai_chat"));
  EXPECT_THAT(Spoken(Platform::kOpenAi, "api.openai.com"),
              ElementsAre("openai_chat", "openai_responses"));
  EXPECT_THAT(Spoken(Platform::kOpenAi, "eu.api.openai.com"),
              ElementsAre("openai_chat", "openai_responses"));
  EXPECT_THAT(Spoken(Platform::kOpenAi, "evil-openai.com"), ElementsAre("openai_chat"));
  EXPECT_THAT(Spoken(Platform::kGemini), ElementsAre("gemini"));
  EXPECT_THAT(Spoken(Platform::kOpenAiResponses), ElementsAre("openai_responses"));
}

}  // namespace
}  // namespace weir::relay
