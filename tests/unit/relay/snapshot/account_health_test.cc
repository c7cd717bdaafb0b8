#include "services/relay/snapshot/account_health.h"

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/snapshot_holder.h"
#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::relay {
namespace {

using Rests = AccountHealth::Rests;
using Standing = AccountHealth::Standing;
using Ticket = AccountHealth::Ticket;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr RestPlan kTold{RestCause::kRateLimited, 4'000, 0, 0, false};
constexpr RestPlan kGrowing{RestCause::kOverloaded, 0, 5'000, 60'000, true};

Ticket Started(AccountHealth& health, std::string_view model, std::int64_t now) {
  const std::optional<Ticket> ticket = health.Begin(model, now);
  EXPECT_TRUE(ticket.has_value()) << now;
  return ticket.value_or(Ticket{});
}

TEST(AccountHealth, AWellAccountLetsEveryoneBegin) {
  AccountHealth health(7);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Started(health, "m", kNow).probe);
  EXPECT_EQ(health.Check("m", kNow).standing, Standing::kWell);
  const AccountHealth::Recovery recovery = health.Succeeded(Started(health, "m", kNow), "m");
  EXPECT_FALSE(recovery.account || recovery.model);
}

TEST(AccountHealth, AModelRestsAloneUntilItsTime) {
  AccountHealth health(7);
  const Ticket ticket = Started(health, "opus", kNow);
  EXPECT_EQ(health.Rest(ticket, "opus", kTold, kNow), kNow + 4'000);
  const AccountHealth::Look look = health.Check("opus", kNow + 3'999);
  EXPECT_EQ(look.standing, Standing::kResting);
  EXPECT_EQ(look.until_unix_ms, kNow + 4'000);
  EXPECT_EQ(look.cause, RestCause::kRateLimited);
  EXPECT_TRUE(look.model_only);
  EXPECT_FALSE(health.Begin("opus", kNow + 3'999).has_value());
  EXPECT_EQ(health.Check("haiku", kNow).standing, Standing::kWell);
  EXPECT_FALSE(Started(health, "haiku", kNow).probe);
}

TEST(AccountHealth, AfterTheRestExactlyOneRequestTries) {
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "", kTold, kNow);
  const std::int64_t over = kNow + 4'000;
  EXPECT_EQ(health.Check("m", over).standing, Standing::kHalfOpen);
  const Ticket probe = Started(health, "m", over);
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(health.Check("m", over).standing, Standing::kProbing);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(health.Begin("any", over + 1).has_value());
  const AccountHealth::Recovery recovery = health.Succeeded(probe, "m");
  EXPECT_TRUE(recovery.account);
  EXPECT_FALSE(recovery.model);
  EXPECT_EQ(health.Check("m", over).standing, Standing::kWell);
}

TEST(AccountHealth, AClockThatIsSetBackLengthensNoRest) {
  constexpr std::int64_t kHourMs = 3'600'000;
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "", kTold, kNow);
  EXPECT_EQ(health.Check("m", kNow - 30'000).standing, Standing::kResting) << "clocks differ a bit";
  EXPECT_EQ(health.Check("m", kNow - kHourMs).standing, Standing::kHalfOpen);
  const Ticket probe = Started(health, "m", kNow - kHourMs);
  EXPECT_TRUE(probe.probe);
  EXPECT_FALSE(health.Begin("m", kNow - kHourMs + 1).has_value());
  EXPECT_EQ(health.Rest(probe, "", kTold, kNow - kHourMs), kNow - kHourMs + 4'000)
      << "by the clock that there is now";
  const Ticket again = Started(health, "m", kNow - kHourMs + 4'000);
  EXPECT_TRUE(again.probe);
  EXPECT_TRUE(health.Begin("m", kNow - 2 * kHourMs).has_value()) << "nor a probe's place";
}

TEST(AccountHealth, OfManyThreadsOneProbes) {
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "m", kTold, kNow);
  std::atomic<int> probes{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1'000; ++n) {
        if (health.Begin("m", kNow + 4'000 + n % 10).has_value()) ++probes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(probes, 1);
}

TEST(AccountHealth, AFailedProbeRestsForLongerUpToABound) {
  AccountHealth health(7);
  std::int64_t now = kNow;
  std::int64_t before = 0;
  std::vector<std::int64_t> rests;
  for (int i = 0; i < 8; ++i) {
    const Ticket ticket = Started(health, "m", now);
    EXPECT_EQ(ticket.probe, i > 0);
    const std::int64_t until = health.Rest(ticket, "m", kGrowing, now);
    rests.push_back(until - now);
    EXPECT_EQ(rests.back(), GrownRestMs(kGrowing, i + 1, 7)) << "a test can tell the figure";
    EXPECT_GE(rests.back(), before * 9 / 10);
    before = rests.back();
    now = until;
  }
  EXPECT_GE(rests[0], 4'500);
  EXPECT_LE(rests[0], 5'000);
  EXPECT_GE(rests[2], 18'000);
  EXPECT_LE(rests.back(), 60'000);
  EXPECT_GE(rests.back(), 54'000);
  EXPECT_TRUE(health.Succeeded(Started(health, "m", now), "m").model);
  EXPECT_LE(health.Rest(Started(health, "m", now), "m", kGrowing, now) - now, 5'000) << "anew";
}

TEST(AccountHealth, WhatTheProviderSaysIsExactUnlessItShouldGrow) {
  AccountHealth health(7);
  std::int64_t now = kNow;
  for (int i = 0; i < 5; ++i) {
    now = health.Rest(Started(health, "m", now), "m", kTold, now);
    EXPECT_EQ(now, kNow + 4'000 * (i + 1));
  }
  RestPlan told = kGrowing;
  told.told_ms = 30'000;
  EXPECT_EQ(health.Rest(Started(health, "n", now), "n", told, now), now + 30'000);
}

TEST(AccountHealth, RelaysDoNotComeBackInTheSameMoment) {
  std::set<std::int64_t> lengths;
  for (std::int64_t account = 1; account <= 50; ++account) {
    lengths.insert(GrownRestMs(kGrowing, 1, account));
  }
  EXPECT_GT(lengths.size(), 30U);
}

TEST(AccountHealth, WhoWasUnderWayProvesNothing) {
  AccountHealth health(7);
  const Ticket early = Started(health, "m", kNow);
  const Ticket other = Started(health, "m", kNow);
  health.Rest(early, "m", kTold, kNow);
  const std::int64_t over = kNow + 10'000;
  EXPECT_FALSE(health.Succeeded(other, "m").model);  // long after the rest's end
  EXPECT_EQ(health.Check("m", over).standing, Standing::kHalfOpen);
  const Ticket probe = Started(health, "m", over);
  EXPECT_FALSE(health.Succeeded(other, "m").model);
  EXPECT_EQ(health.Check("m", over).standing, Standing::kProbing) << "the probe's place is kept";
  EXPECT_TRUE(health.Succeeded(probe, "m").model);
}

TEST(AccountHealth, ManyRefusedAtOnceAreOneRest) {
  AccountHealth health(7);
  std::vector<Ticket> tickets;
  for (int i = 0; i < 10; ++i) tickets.push_back(Started(health, "m", kNow));
  const std::int64_t until = health.Rest(tickets[0], "m", kGrowing, kNow);
  EXPECT_GT(until, 0);
  for (std::size_t i = 1; i < tickets.size(); ++i) {
    EXPECT_EQ(health.Rest(tickets[i], "m", kGrowing, kNow + 1), 0);
  }
  EXPECT_EQ(health.Check("m", kNow).until_unix_ms, until);
  RestPlan later = kTold;
  later.told_ms = 90'000;  // but a later time that the provider names is news
  EXPECT_EQ(health.Rest(tickets[1], "m", later, kNow), kNow + 90'000);
}

TEST(AccountHealth, AProbesPlaceComesBack) {
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "m", kTold, kNow);
  const std::int64_t over = kNow + 4'000;
  health.Released(Started(health, "m", over), "m");  // its client left
  EXPECT_TRUE(health.Begin("m", over).has_value());
  EXPECT_FALSE(health.Begin("m", over + AccountHealth::kProbeHoldMs - 1).has_value());
  EXPECT_TRUE(health.Begin("m", over + AccountHealth::kProbeHoldMs).has_value());
}

TEST(AccountHealth, FiveFailuresInARowOrOneProbe) {
  AccountHealth health(7);
  const Ticket ticket = Started(health, "m", kNow);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(health.CountFailure(ticket), Rests::kNothing);
  health.Succeeded(ticket, "m");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(health.CountFailure(ticket), Rests::kNothing);
  EXPECT_EQ(health.CountFailure(ticket), Rests::kAccount);
  health.Rest(ticket, "", kGrowing, kNow);
  const Ticket probe = Started(health, "m", kNow + 5'000);
  EXPECT_EQ(health.CountFailure(probe), Rests::kAccount);
  health.Succeeded(probe, "m");
  EXPECT_EQ(health.CountFailure(Started(health, "m", kNow + 5'000)), Rests::kNothing);
}

// What is being tried rests again; the account's other models are well.
TEST(AccountHealth, AFailureOfAModelsProbeRestsThatModel) {
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "m", kTold, kNow);
  EXPECT_EQ(health.CountFailure(Started(health, "m", kNow + 4'000)), Rests::kModel);
  health.Rest(Started(health, "n", kNow), "", kTold, kNow);
  const Ticket both = Started(health, "m", kNow + 8'000);
  EXPECT_EQ(health.CountFailure(both), Rests::kAccount);
}

// Some take minutes to fail: by then another request has shown that all is well again.
TEST(AccountHealth, FailuresOfBeforeARecoveryAreNone) {
  AccountHealth health(7);
  constexpr RestPlan kConnect{RestCause::kFailing, 0, 5'000, 60'000, false};
  std::vector<Ticket> old;
  for (int i = 0; i < 20; ++i) old.push_back(Started(health, "m", kNow));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(health.CountFailure(old[0]), Rests::kNothing);
  EXPECT_EQ(health.CountFailure(old[0]), Rests::kAccount);
  health.Rest(old[0], "", kConnect, kNow);
  const Ticket stuck = Started(health, "m", kNow + 5'000);
  const Ticket good = Started(health, "m", kNow + 5'000 + AccountHealth::kProbeHoldMs);
  EXPECT_TRUE(health.Succeeded(good, "m").account);
  for (const Ticket& ticket : old) EXPECT_EQ(health.CountFailure(ticket), Rests::kNothing);
  EXPECT_EQ(health.CountFailure(stuck), Rests::kNothing) << "it tried what is over";
  EXPECT_EQ(health.Rest(old[1], "", kConnect, kNow + 9'000), 0);
  EXPECT_EQ(health.Check("m", kNow + 9'000).standing, Standing::kWell);
  EXPECT_GT(health.Rest(old[1], "", kTold, kNow + 9'000), 0) << "but a time that is named holds";
}

TEST(AccountHealth, OnlyWhoHoldsTheProbesPlaceGivesItBack) {
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "m", kTold, kNow);
  const std::int64_t over = kNow + 4'000;
  const Ticket slow = Started(health, "m", over);
  const std::int64_t later = over + AccountHealth::kProbeHoldMs;
  const Ticket next = Started(health, "m", later);
  health.Released(slow, "m");
  EXPECT_FALSE(health.Begin("m", later).has_value()) << "the next one tries it";
  health.Released(next, "m");
  health.Released(next, "m");
  EXPECT_TRUE(health.Begin("m", later).has_value());
  health.Released(next, "m");
  EXPECT_FALSE(health.Begin("m", later).has_value());
}

// A probe that tries the account and a model of it, and learns of the one alone.
TEST(AccountHealth, TheOtherScopesPlaceIsFreeWhenOneRests) {
  AccountHealth health(7);
  health.Rest(Started(health, "m", kNow), "m", kTold, kNow);
  health.Rest(Started(health, "n", kNow), "", kTold, kNow);
  const std::int64_t over = kNow + 4'000;
  const Ticket probe = Started(health, "m", over);
  health.Rest(probe, "m", kTold, over);
  health.Released(probe, "m");
  EXPECT_EQ(health.Check("m", over).standing, Standing::kResting);
  EXPECT_TRUE(health.Begin("n", over).has_value()) << "the account may be tried by another model";
}

TEST(AccountHealth, ARefusedCredentialIsToldOnce) {
  AccountHealth health(7);
  EXPECT_TRUE(health.MarkRejected(kNow));
  EXPECT_FALSE(health.MarkRejected(kNow));
  EXPECT_EQ(health.Check("m", kNow).standing, Standing::kRejected);
  health.CloseAll(kNow - 1);
  EXPECT_TRUE(health.rejected()) << "seen later than the administrator looked";
  health.CloseAll(kNow);
  EXPECT_FALSE(health.rejected());
}

TEST(AccountHealth, FollowsAdminUnlessItKnowsBetter) {
  AccountHealth health(7);
  health.Follow("", RestCause::kQuotaExhausted, kNow + 9'000, kNow);
  EXPECT_EQ(health.Check("m", kNow).until_unix_ms, kNow + 9'000);
  EXPECT_EQ(health.Check("m", kNow).cause, RestCause::kQuotaExhausted);
  health.Follow("", RestCause::kRateLimited, kNow + 100, kNow);  // shorter: an echo
  EXPECT_EQ(health.Check("m", kNow).until_unix_ms, kNow + 9'000);
  health.Close("", kNow - 1);
  EXPECT_EQ(health.Check("m", kNow).standing, Standing::kResting);
  health.Close("", kNow);
  EXPECT_EQ(health.Check("m", kNow).standing, Standing::kWell);
  health.Follow("m", RestCause::kOverloaded, kNow + 50, kNow);
  EXPECT_EQ(health.Check("n", kNow).standing, Standing::kWell);
  health.Close("m", kNow);
  EXPECT_EQ(health.Check("m", kNow).standing, Standing::kWell);
  health.Follow("m", RestCause::kOverloaded, kNow + 50, kNow);
  health.Reset();
  EXPECT_EQ(health.Check("m", kNow).standing, Standing::kWell);
}

TEST(AccountHealth, ModelsThatRestAreBounded) {
  AccountHealth health(7);
  for (int i = 0; i < 10'000; ++i) {
    health.Rest(Ticket{}, StrCat("model-", i), kTold, kNow + i);
  }
  EXPECT_EQ(health.Check("model-9999", kNow).standing, Standing::kResting);
  EXPECT_EQ(health.Check("model-0", kNow).standing, Standing::kWell) << "the oldest gave way";
}

std::shared_ptr<const Snapshot> SnapshotOf(std::uint64_t revision) {
  auto tables = std::make_shared<SnapshotTables>();
  tables->revision = revision;
  return std::make_shared<const Snapshot>(tables);
}

TEST(SnapshotHolder, ReadersSeeTheNewestAndOldOnesGoLater) {
  SnapshotHolder holder;
  SnapshotReader reader(holder);
  EXPECT_EQ(reader.Current(), nullptr);
  holder.Swap(SnapshotOf(1));
  const std::shared_ptr<const Snapshot> pinned = reader.Current();
  ASSERT_NE(pinned, nullptr);
  holder.Swap(SnapshotOf(2));
  EXPECT_EQ(reader.Current()->revision(), 2U);
  EXPECT_EQ(pinned->revision(), 1U);
  EXPECT_EQ(holder.ReleaseRetired(), 1U);  // a request still holds it
}

TEST(SnapshotHolder, ManyThreadsReadWhileOneSwaps) {
  SnapshotHolder holder;
  holder.Swap(SnapshotOf(1));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      SnapshotReader reader(holder);
      std::uint64_t last = 0;
      while (last < 2'000) {
        const std::uint64_t revision = reader.Current()->revision();
        ASSERT_GE(revision, last);
        last = revision;
      }
    });
  }
  for (std::uint64_t revision = 2; revision <= 2'000; ++revision) {
    holder.Swap(SnapshotOf(revision));
    if (revision % 16 == 0) holder.ReleaseRetired();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(holder.ReleaseRetired(), 0U);
}

}  // namespace
}  // namespace weir::relay
