#include "services/relay/budgets/lease_desk.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/relay/budgets/lease_policy.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'750'000'000'000;

// Usage, as the desk sees it: the sums of one process, in memory.
class FakeUsage {
 public:
  absl::StatusOr<LeaseAnswer> Exchange(const LeaseRound& round) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++rounds_;
    if (away_) return absl::UnavailableError("away");
    if (forget_) {
      forget_ = false;
      granted_.clear();
      return LeaseAnswer{.session_known = false};
    }
    LeaseAnswer answer;
    for (const LeaseState& lease : round.leases) answer.grants.push_back(Grant(lease));
    settled_told_ = settled_told_ || round.earlier_sessions_settled;
    if (lose_close_ && closes_ > 0) {
      lose_close_ = false;
      lose_answer_ = true;
    }
    if (!lose_answer_) return answer;
    lose_answer_ = false;
    return absl::DeadlineExceededError("the answer was lost");
  }
  ExchangeLeases function() {
    return [this](const LeaseRound& round) { return Exchange(round); };
  }
  // Held by others, or spent: less is left.
  void SetSpent(const BudgetKey& key, std::int64_t amount) {
    const std::lock_guard<std::mutex> lock(mutex_);
    spent_[Name(key)] = amount;
  }
  void SetHeldByOthers(std::int64_t amount) {
    Set([&] { others_ = amount; });
  }
  void SetAway(bool away) {
    Set([&] { away_ = away; });
  }
  void LoseNextAnswer() {
    Set([&] { lose_answer_ = true; });
  }
  void LoseAnswerOfClose() {
    Set([&] { lose_close_ = true; });
  }
  int closes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return closes_;
  }
  void ForgetSession() {
    Set([&] { forget_ = true; });
  }
  std::int64_t granted(const BudgetKey& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return granted_[Name(key)];
  }
  std::size_t leases() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return granted_.size();
  }
  bool settled_told() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return settled_told_;
  }

 private:
  static std::string Name(const BudgetKey& key) {
    return std::to_string(static_cast<int>(key.subject)) + "/" + std::to_string(key.subject_id) +
           "/" + std::to_string(static_cast<int>(key.period)) + "/" +
           std::to_string(static_cast<int>(key.unit));
  }
  void Set(const std::function<void()>& change) {
    const std::lock_guard<std::mutex> lock(mutex_);
    change();
  }
  LeaseGrant Grant(const LeaseState& lease) {
    if (lease.done) {
      granted_.erase(Name(lease.budget));
      ++closes_;
      return {.granted = lease.granted, .closed = true};
    }
    std::int64_t& granted = granted_[Name(lease.budget)];
    granted = lease.granted;
    LeaseGrant grant{.granted = granted};
    grant.spent = spent_[Name(lease.budget)];
    const std::int64_t left =
        std::max<std::int64_t>(lease.cap - grant.spent - others_ - granted, 0);
    if (lease.want > 0 && left >= lease.least) {
      granted += std::max(std::min(lease.need, left), std::min(lease.want, (left + 3) / 4));
    }
    grant.granted = granted;
    grant.left = left - (granted - lease.granted);
    return grant;
  }

  std::mutex mutex_;
  std::map<std::string, std::int64_t> granted_;
  std::map<std::string, std::int64_t> spent_;
  std::int64_t others_ = 0;
  int rounds_ = 0;
  int closes_ = 0;
  bool lose_close_ = false;
  bool away_ = false;
  bool lose_answer_ = false;
  bool forget_ = false;
  bool settled_told_ = false;
};

Limits DailyUsd(std::int64_t cap) { return {.nano_usd_per_day = cap}; }

BudgetLines LinesOf(std::int64_t key_id, const Limits& limits) {
  BudgetLines lines;
  lines.Add(SubjectKind::kKey, key_id, limits, kNow);
  return lines;
}

class LeaseDeskTest : public ::testing::Test {
 protected:
  LeaseDeskTest() {
    LeaseDeskOptions options;
    options.sweep_ms = 20;
    options.idle_sweeps = 2;
    options.scarce_ms = 5;
    options.retry_ms_min = 5;
    options.retry_ms_max = 20;
    desk_ = std::make_unique<LeaseDesk>(options, usage_.function(), [] { return true; });
    desk_->Start();
  }

  struct Outcome {
    BudgetVerdict verdict = BudgetVerdict::kBusy;
    Reservation reservation;
    BudgetKey which;
  };

  // As a request does it, waiting at most `wait_ms`.
  Outcome Reserve(const BudgetLines& lines, std::int64_t full, std::int64_t least,
                  std::int64_t wait_ms = 2'000) {
    Outcome out;
    std::shared_ptr<LeaseTicket> ticket;
    out.verdict = desk_->Reserve(lines, full, least, out.reservation, out.which, ticket);
    if (ticket == nullptr) return out;
    struct Wait {
      std::mutex mutex;
      std::condition_variable changed;
      bool done = false;
    };
    const auto wait = std::make_shared<Wait>();
    desk_->Await(ticket, [wait] {
      const std::lock_guard<std::mutex> lock(wait->mutex);
      wait->done = true;
      wait->changed.notify_all();
    });
    {
      std::unique_lock<std::mutex> lock(wait->mutex);
      wait->changed.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return wait->done; });
    }
    desk_->Abandon(*ticket);
    out.verdict = ticket->verdict;
    out.which = ticket->which;
    if (out.verdict == BudgetVerdict::kReserved) out.reservation = std::move(ticket->reservation);
    return out;
  }

  static bool Eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 1'000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  static BudgetKey FirstKey(const BudgetLines& lines) { return lines.begin()->key; }

  FakeUsage usage_;
  std::unique_ptr<LeaseDesk> desk_;
};

TEST_F(LeaseDeskTest, ReservesSettlesAndGoesOnLocally) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000'000));
  Outcome first = Reserve(lines, 100, 10);
  ASSERT_EQ(first.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(first.reservation.nano_usd(), 100);
  first.reservation.Settle(/*used=*/true, 40);
  const std::int64_t waits = desk_->counters().waits;
  Outcome second = Reserve(lines, 100, 10);
  EXPECT_EQ(second.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(desk_->counters().waits, waits) << "what is kept ready is enough";
}

TEST_F(LeaseDeskTest, AllBudgetsTogetherOrNone) {
  Limits limits = DailyUsd(1'000);
  limits.requests_per_day = 2;
  const BudgetLines lines = LinesOf(1, limits);
  Outcome a = Reserve(lines, 100, 100);
  Outcome b = Reserve(lines, 100, 100);
  ASSERT_EQ(a.verdict, BudgetVerdict::kReserved);
  ASSERT_EQ(b.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(Reserve(lines, 100, 100, 30).verdict, BudgetVerdict::kBusy) << "two are under way";
  a.reservation.Settle(/*used=*/false, 0);  // it failed: nothing is spent, and it counts not
  Outcome c = Reserve(lines, 100, 100);
  EXPECT_EQ(c.verdict, BudgetVerdict::kReserved);
}

TEST_F(LeaseDeskTest, WhatIsSpentIsRefusedAtOnceAndSaysWhich) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  usage_.SetSpent(FirstKey(lines), 950);
  const Outcome refused = Reserve(lines, 100, 60);
  EXPECT_EQ(refused.verdict, BudgetVerdict::kExceeded);
  EXPECT_EQ(refused.which, FirstKey(lines));
  const std::int64_t waits = desk_->counters().waits;
  EXPECT_EQ(Reserve(lines, 100, 60).verdict, BudgetVerdict::kExceeded);
  EXPECT_EQ(desk_->counters().waits, waits) << "known by now";
  Outcome modest = Reserve(lines, 100, 20);
  ASSERT_EQ(modest.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(modest.reservation.nano_usd(), 50) << "all that is left";
  EXPECT_EQ(Reserve(LinesOf(1, DailyUsd(5'000)), 100, 60).verdict, BudgetVerdict::kReserved)
      << "the cap was raised";
}

TEST_F(LeaseDeskTest, WaitsForWhatOthersGiveBack) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  Outcome all = Reserve(lines, 1'000, 1'000);
  ASSERT_EQ(all.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(Reserve(lines, 100, 50, 20).verdict, BudgetVerdict::kBusy);
  std::thread waiting([&] {
    const Outcome late = Reserve(lines, 100, 50);
    EXPECT_EQ(late.verdict, BudgetVerdict::kReserved);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  all.reservation.Settle(/*used=*/true, 800);
  waiting.join();
}

TEST_F(LeaseDeskTest, SmallRequestsPassAGreedyOne) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  Outcome most = Reserve(lines, 800, 800);
  ASSERT_EQ(most.verdict, BudgetVerdict::kReserved);
  std::thread greedy(
      [&] { EXPECT_EQ(Reserve(lines, 900, 900, 150).verdict, BudgetVerdict::kBusy); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(Reserve(lines, 100, 100).verdict, BudgetVerdict::kReserved);
  greedy.join();
}

// The last of one budget is enough, and another is scarce too: neither goes back while it is
// needed.
TEST_F(LeaseDeskTest, TheRestOfSeveralBudgetsIsSpent) {
  const BudgetLines lines = LinesOf(
      1, {.nano_usd_per_day = 20'000, .nano_usd_per_month = 30'000, .nano_usd_total = 50'000});
  for (int i = 0; i < 6; ++i) {
    Outcome out = Reserve(lines, 6'294, 3'294);
    ASSERT_EQ(out.verdict, BudgetVerdict::kReserved) << i;
    out.reservation.Settle(/*used=*/true, 3'000);
  }
}

// Whichever of its budgets it waits for: it is refused as soon as one of them is known to be spent.
TEST_F(LeaseDeskTest, IsNotKeptWaitingForOneBudgetWhenAnotherIsSpent) {
  Limits limits = DailyUsd(1'000);
  limits.nano_usd_per_month = 2'000;
  const BudgetLines lines = LinesOf(1, limits);
  Outcome all = Reserve(lines, 1'000, 1'000);
  ASSERT_EQ(all.verdict, BudgetVerdict::kReserved);
  usage_.SetSpent(std::next(lines.begin())->key, 1'950);
  const Outcome refused = Reserve(lines, 100, 100);
  EXPECT_EQ(refused.verdict, BudgetVerdict::kExceeded);
  EXPECT_EQ(refused.which.period, BudgetPeriod::kMonth);
}

TEST_F(LeaseDeskTest, UsageAwayIsSaidSoAndLeasesAreSpent) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000'000));
  ASSERT_EQ(Reserve(lines, 100, 10).verdict, BudgetVerdict::kReserved);
  usage_.SetAway(true);
  EXPECT_EQ(Reserve(lines, 100, 10).verdict, BudgetVerdict::kReserved) << "it is here";
  EXPECT_EQ(Reserve(lines, 500'000, 500'000, 50).verdict, BudgetVerdict::kAway);
  EXPECT_TRUE(desk_->away());
  usage_.SetAway(false);
  EXPECT_EQ(Reserve(lines, 500'000, 500'000).verdict, BudgetVerdict::kReserved);
  EXPECT_FALSE(desk_->away());
}

TEST_F(LeaseDeskTest, ALostAnswerIsAskedForAgain) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  usage_.LoseNextAnswer();
  Outcome out = Reserve(lines, 1'000, 1'000);
  ASSERT_EQ(out.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(usage_.granted(FirstKey(lines)), 1'000);
}

TEST_F(LeaseDeskTest, AForgottenSessionBeginsAnewAndKeepsNothingOfTheOld) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  Outcome old = Reserve(lines, 900, 900);
  ASSERT_EQ(old.verdict, BudgetVerdict::kReserved);
  const std::string session = old.reservation.session();
  usage_.ForgetSession();
  EXPECT_TRUE(Eventually([&] {
    const Outcome fresh = Reserve(lines, 950, 950, 50);
    return fresh.verdict == BudgetVerdict::kReserved && fresh.reservation.session() != session;
  }));
  old.reservation.Settle(/*used=*/true, 100);  // of the session that is gone: touches nothing
  EXPECT_LE(usage_.granted(FirstKey(lines)), 1'000);
}

TEST_F(LeaseDeskTest, IdleLeasesGoBackAndAreForgotten) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  Outcome out = Reserve(lines, 100, 100);
  ASSERT_EQ(out.verdict, BudgetVerdict::kReserved);
  out.reservation.Settle(/*used=*/true, 70);
  EXPECT_TRUE(Eventually([&] { return usage_.leases() == 0 && desk_->leases() == 0; }));
}

// What was spent under the lease that was closed must not be stated again as held.
TEST_F(LeaseDeskTest, ACloseWhoseAnswerWasLostIsAskedForAgainBeforeAnythingElse) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  Outcome out = Reserve(lines, 100, 100);
  ASSERT_EQ(out.verdict, BudgetVerdict::kReserved);
  usage_.LoseAnswerOfClose();
  out.reservation.Settle(/*used=*/true, 70);
  usage_.SetSpent(FirstKey(lines), 70);
  ASSERT_TRUE(Eventually([&] { return usage_.closes() > 0; }));
  Outcome next = Reserve(lines, 900, 900);
  EXPECT_EQ(next.verdict, BudgetVerdict::kReserved) << "70 are spent, and 930 left";
  EXPECT_LE(usage_.granted(FirstKey(lines)), 930);
}

TEST_F(LeaseDeskTest, LooksWithoutTaking) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  EXPECT_EQ(desk_->AtHand(FirstKey(lines)), 0);
  EXPECT_FALSE(desk_->Unspent(FirstKey(lines)).has_value());
  EXPECT_EQ(desk_->leases(), 0U) << "looking makes no lease";
  usage_.SetSpent(FirstKey(lines), 600);
  const Outcome out = Reserve(lines, 100, 100);
  ASSERT_EQ(out.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(desk_->Unspent(FirstKey(lines)), 400);
  EXPECT_EQ(desk_->AtHand(FirstKey(lines)), usage_.granted(FirstKey(lines)) - 100);
}

TEST_F(LeaseDeskTest, ALoweredCapGivesBackWhatIsHeld) {
  const BudgetLines high = LinesOf(1, DailyUsd(1'000'000));
  ASSERT_EQ(Reserve(high, 100'000, 100'000).verdict, BudgetVerdict::kReserved);
  const BudgetLines low = LinesOf(1, DailyUsd(1'000));
  usage_.SetSpent(FirstKey(low), 990);
  EXPECT_TRUE(
      Eventually([&] { return Reserve(low, 100, 100, 50).verdict == BudgetVerdict::kExceeded; }));
}

TEST_F(LeaseDeskTest, MoreThanReservedIsADebtThatTheNextGrantPays) {
  const BudgetLines lines = LinesOf(1, DailyUsd(1'000));
  Outcome out = Reserve(lines, 250, 250);
  ASSERT_EQ(out.verdict, BudgetVerdict::kReserved);
  out.reservation.Settle(/*used=*/true, 700);
  Outcome next = Reserve(lines, 300, 300);
  ASSERT_EQ(next.verdict, BudgetVerdict::kReserved);
  EXPECT_EQ(usage_.granted(FirstKey(lines)), 1'000) << "700 spent, 300 reserved";
  EXPECT_EQ(Reserve(lines, 10, 10, 20).verdict, BudgetVerdict::kBusy);
}

TEST_F(LeaseDeskTest, ReturnsAllAtTheEnd) {
  for (std::int64_t key = 1; key <= 300; ++key) {
    Outcome out = Reserve(LinesOf(key, DailyUsd(1'000)), 100, 100);
    ASSERT_EQ(out.verdict, BudgetVerdict::kReserved);
    out.reservation.Settle(/*used=*/true, 1);
  }
  desk_->CloseTickets();
  desk_->ReturnAll(5'000);
  EXPECT_EQ(desk_->leases(), 0U);
  EXPECT_EQ(usage_.leases(), 0U);
  EXPECT_EQ(Reserve(LinesOf(1, DailyUsd(1'000)), 100, 100).verdict, BudgetVerdict::kAway);
}

TEST_F(LeaseDeskTest, TellsThatEarlierSessionsAreSettled) {
  EXPECT_TRUE(Eventually([&] { return usage_.settled_told(); }));
}

// Many threads on three budgets at once: nothing is spent twice, nothing is lost.
TEST_F(LeaseDeskTest, HoldsUnderThreads) {
  constexpr std::int64_t kCap = 200'000;
  std::atomic<std::int64_t> spent = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      for (int n = 0; n < 3'000; ++n) {
        BudgetLines lines = LinesOf(1, DailyUsd(kCap));
        lines.Add(SubjectKind::kUser, 1 + i % 2, DailyUsd(kCap), kNow);
        lines.Add(SubjectKind::kGroup, 1, DailyUsd(2 * kCap), kNow);
        const std::int64_t full = 20 + random() % 80;
        Outcome out = Reserve(lines, full, full / 2, 200);
        if (out.verdict != BudgetVerdict::kReserved) break;  // all is spent
        const std::int64_t cost = static_cast<std::int64_t>(
            random() % static_cast<unsigned>(out.reservation.nano_usd() + 1));
        const bool used = random() % 10 != 0;
        if (used) spent += cost;
        out.reservation.Settle(used, cost);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(spent, kCap);
  EXPECT_GE(spent, kCap * 9 / 10);
  // Idle by now, so that what is left is with usage, and what is held is what was spent.
  EXPECT_TRUE(Eventually([&] { return desk_->leases() == 0; }));
}

TEST(LeasePolicyTest, AsksForWhatIsMissing) {
  const LeaseDemand nobody;
  EXPECT_EQ(WishOf(nobody, 30, 100).want, 70);
  EXPECT_EQ(WishOf(nobody, 130, 100).want, 0);
  const LeaseDemand two{.full_first = 50, .full_sum = 90, .least_min = 10};
  const LeaseWish wish = WishOf(two, 5, 100);
  EXPECT_EQ(wish.least, 5);
  EXPECT_EQ(wish.need, 45);
  EXPECT_EQ(wish.want, 185);
  const LeaseDemand huge{INT64_MAX, INT64_MAX, INT64_MAX};
  EXPECT_GT(WishOf(huge, 0, INT64_MAX).want, 0);
}

TEST(LeasePolicyTest, KeepsMoreReadyWhenRefillsFollowEachOther) {
  EXPECT_EQ(NextReady(0, 10, 5'000'000'000), 20);
  EXPECT_EQ(NextReady(20, 10, 700'000'000), 40);
  EXPECT_EQ(NextReady(20, 10, 100'000'000), 200);
  EXPECT_EQ(NextReady(20, 10, 0), 320);
  EXPECT_EQ(NextReady(160'000, 10, 100'000'000), 163'840);
  EXPECT_EQ(NextReady(163'840, 10, 5'000'000'000), 163'840);
}

}  // namespace
}  // namespace weir::relay
