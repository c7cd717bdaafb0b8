#include "services/usage/lease_ledger.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/schema.h"
#include "services/usage/spend_ledger.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr Subject kKey5 = {SubjectKind::kKey, 5};
constexpr std::int64_t kHoldMs = 3'600'000;
constexpr Budget kTotal = {kKey5, Period::kTotal, BudgetUnit::kNanoUsd, 0};
constexpr Budget kToday = {kKey5, Period::kDay, BudgetUnit::kNanoUsd,
                           kTestUnixMs - kTestUnixMs % kDayMs};

// An event of key 5 that a session's lease paid for.
UsageEvent PaidEvent(const std::string& session, std::int64_t cost_nano_usd) {
  UsageEvent event = MakeEvent();
  event.cost_nano_usd = cost_nano_usd;
  event.charge.session = session;
  event.charge.total_cost = {SubjectKind::kKey};
  return event;
}

class LeaseLedgerTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    leases_ = std::make_unique<LeaseLedger>(database(), clock_, kHoldMs);
  }

  static LeaseRound Round(const std::string& session, std::int64_t number,
                          std::vector<LeaseState> leases) {
    return {.holder = "holder-of-" + session,
            .session = session,
            .number = number,
            .alive_ms = 60'000,
            .begins = number == 1,
            .leases = std::move(leases)};
  }

  LeaseAnswer Exchange(const LeaseRound& round) {
    absl::StatusOr<LeaseAnswer> answer = leases_->Exchange(round);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : LeaseAnswer{};
  }

  // A round about one lease.
  LeaseGrant Ask(const std::string& session, std::int64_t number, const LeaseState& lease) {
    const LeaseAnswer answer = Exchange(Round(session, number, {lease}));
    EXPECT_TRUE(answer.session_known);
    EXPECT_EQ(answer.grants.size(), 1U);
    return answer.grants.empty() ? LeaseGrant{} : answer.grants[0];
  }

  void Commit(const UsageEvent& event) {
    const auto marks = UsageLedger(database()).Insert({&event});
    ASSERT_TRUE(marks.ok()) << marks.status();
  }

  std::int64_t Count(const std::string& table) {
    return database().Query("SELECT COUNT(*) FROM " + table)->rows.at(0).Int(0);
  }

  FakeClock clock_{kTestUnixMs};
  std::unique_ptr<LeaseLedger> leases_;
};

INSTANTIATE_ON_BOTH_DATABASES(LeaseLedgerTest);

std::int64_t Grant(std::int64_t left, std::int64_t least, std::int64_t need, std::int64_t want) {
  return GrantOf(left, {.least = least, .need = need, .want = want});
}

TEST(GrantOfTest, GivesWhatIsNeededAndAQuarterOfTheRestAtMost) {
  EXPECT_EQ(Grant(1000, 10, 10, 5000), 250);
  EXPECT_EQ(Grant(1000, 10, 10, 100), 100);
  EXPECT_EQ(Grant(1000, 10, 600, 5000), 600);
  EXPECT_EQ(Grant(1000, 10, 2000, 5000), 1000);
  EXPECT_EQ(Grant(1000, 1000, 1000, 1000), 1000);
  EXPECT_EQ(Grant(1000, 1001, 1001, 5000), 0);
  EXPECT_EQ(Grant(3, 0, 0, 3), 1);
  EXPECT_EQ(Grant(0, 0, 0, 5), 0);
  EXPECT_EQ(Grant(-5, 0, 0, 5), 0);
}

TEST_P(LeaseLedgerTest, HeldBecomesSpentWhenTheEventCommits) {
  EXPECT_EQ(Ask("a", 1, {kTotal, 0, 1000, 1000, 1000, 1000}).granted, 1000);
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, 1000, 1, 1, 1000}).granted, 0);
  const UsageEvent event = PaidEvent("a", 400);
  Commit(event);
  Commit(event);  // sent again: nothing changes
  const LeaseGrant after = Ask("b", 2, {kTotal, 0, 1000, 1, 1, 1000});
  EXPECT_EQ(after.spent, 400);
  EXPECT_EQ(after.granted, 0) << "600 are still held, so nothing is left";
  EXPECT_EQ(Ask("a", 2, {kTotal, 500, 1000}).granted, 500);  // gives 500 of its 600 back
  EXPECT_EQ(Ask("b", 3, {kTotal, 0, 1000, 500, 500, 1000}).granted, 500);
}

TEST_P(LeaseLedgerTest, PeriodsSubjectsAndUnitsAreApart) {
  UsageEvent yesterday = MakeEvent();
  yesterday.started_at_unix_ms -= kDayMs;
  yesterday.cost_nano_usd = 900;
  Commit(yesterday);
  const Budget month = {kKey5, Period::kMonth, BudgetUnit::kNanoUsd,
                        MonthOf(kTestUnixMs).begin_unix_ms};
  const Budget requests = {kKey5, Period::kDay, BudgetUnit::kRequests, kToday.window_unix_ms};
  Budget other_key = kTotal;
  other_key.subject.id = 6;
  const LeaseAnswer answer = Exchange(Round("a", 1,
                                            {{kToday, 0, 1000, 1000, 1000, 1000},
                                             {month, 0, 1000, 100, 100, 1000},
                                             {other_key, 0, 1000, 1000, 1000, 1000},
                                             {requests, 0, 8, 1, 1, 4},
                                             {kTotal, 0, 1000, 101, 101, 1000}}));
  ASSERT_EQ(answer.grants.size(), 5U);
  EXPECT_EQ(answer.grants[0].granted, 1000);
  EXPECT_EQ(answer.grants[1].granted, 100);
  EXPECT_EQ(answer.grants[1].spent, 900);
  EXPECT_EQ(answer.grants[2].granted, 1000);
  EXPECT_EQ(answer.grants[3].granted, 2);
  EXPECT_EQ(answer.grants[4].granted, 0);
  EXPECT_EQ(answer.grants[4].left, 100);
}

TEST_P(LeaseLedgerTest, AnEventIsChargedInTheWindowInWhichItBegan) {
  const Budget yesterday = {kKey5, Period::kDay, BudgetUnit::kNanoUsd,
                            kToday.window_unix_ms - kDayMs};
  Exchange(
      Round("a", 1, {{yesterday, 0, 1000, 1000, 1000, 1000}, {kToday, 0, 1000, 1000, 1000, 1000}}));
  UsageEvent event = MakeEvent();
  event.started_at_unix_ms = kToday.window_unix_ms - 1;  // and it ended today
  event.cost_nano_usd = 300;
  event.charge = {.session = "a", .day_cost = {SubjectKind::kKey}};
  Commit(event);
  EXPECT_EQ(Ask("b", 1, {yesterday, 0, 1300, 1, 1, 300}).spent, 300);
  EXPECT_EQ(Ask("b", 2, {kToday, 0, 1300, 1, 1, 300}).spent, 0);
  const LeaseAnswer done = Exchange(
      Round("a", 2, {{yesterday, 300, 1000, 0, 0, 0, true}, {kToday, 0, 1000, 0, 0, 0, true}}));
  EXPECT_TRUE(done.grants[0].closed);
  EXPECT_TRUE(done.grants[1].closed);
}

TEST_P(LeaseLedgerTest, RequestsAreChargedOneByOne) {
  const Budget requests = {kKey5, Period::kDay, BudgetUnit::kRequests, kToday.window_unix_ms};
  Ask("a", 1, {requests, 0, 10, 10, 10, 10});
  UsageEvent event = MakeEvent();
  event.charge = {.session = "a", .day_requests = {SubjectKind::kKey}};
  Commit(event);
  const LeaseGrant grant = Ask("a", 2, {requests, 1, 10, 9, 9, 9});
  EXPECT_EQ(grant.spent, 1);
  EXPECT_EQ(grant.granted, 10);
}

TEST_P(LeaseLedgerTest, WhatADeadRelayHoldsIsFreeOnlyWhenItsSpoolIsIn) {
  Ask("a", 1, {kTotal, 0, 1000, 1000, 1000, 1000});
  clock_.AdvanceMs(kHoldMs);  // silent, and no longer alive, but within its hold
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, 1000, 1, 1, 1000}).granted, 0);
  LeaseRound successor = Round("a2", 1, {{kTotal, 0, 1000, 1, 1, 1000}});
  successor.holder = "holder-of-a";
  EXPECT_EQ(Exchange(successor).grants[0].granted, 0) << "its spool is not in yet";
  Commit(PaidEvent("a", 700));
  successor.number = 2;
  successor.earlier_sessions_settled = true;
  successor.leases[0].least = successor.leases[0].need = 300;
  EXPECT_EQ(Exchange(successor).grants[0].granted, 300);
  EXPECT_EQ(Count("usage_lease_sessions"), 2);  // b and a2
}

TEST_P(LeaseLedgerTest, ASilentSessionIsForgottenAfterItsHold) {
  Ask("a", 1, {kTotal, 0, 1000, 1000, 1000, 1000});
  clock_.AdvanceMs(60'000 + kHoldMs);
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, 1000, 1000, 1000, 1000}).granted, 1000);
  const LeaseAnswer late = Exchange(Round("a", 2, {{kTotal, 1000, 1000}}));
  EXPECT_FALSE(late.session_known);
  EXPECT_TRUE(late.grants.empty());
  Commit(PaidEvent("a", 100));  // spent, though its lease is gone
  EXPECT_EQ(Ask("b", 2, {kTotal, 1000, 2000, 1, 1, 1}).spent, 100);
}

TEST_P(LeaseLedgerTest, ARoundWhoseAnswerWasLostDoesNoHarm) {
  Ask("a", 1, {kTotal, 0, 1000, 600, 600, 600});
  // The relay never heard of its 600: it states what it knows, and asks again.
  EXPECT_EQ(Ask("a", 2, {kTotal, 0, 1000, 600, 600, 600}).granted, 600);
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, 1000, 400, 400, 400}).granted, 400);
  // A round that was held up on its way must not undo a later one.
  const auto stale = leases_->Exchange(Round("a", 1, {{kTotal, 0, 1000}}));
  EXPECT_TRUE(absl::IsFailedPrecondition(stale.status()));
  EXPECT_EQ(Ask("b", 2, {kTotal, 400, 1000, 1, 1, 1}).granted, 400) << "600 are still held";
}

TEST_P(LeaseLedgerTest, ALeaseThatIsDoneClosesWithItsLastEvent) {
  Ask("a", 1, {kTotal, 0, 1000, 500, 500, 500});
  EXPECT_FALSE(Ask("a", 2, {kTotal, 120, 1000, 0, 0, 0, true}).closed);
  Commit(PaidEvent("a", 120));
  EXPECT_TRUE(Ask("a", 3, {kTotal, 120, 1000, 0, 0, 0, true}).closed);
  EXPECT_EQ(Count("usage_leases"), 0);
}

// Usage died between its commit and its answer: the relay says once more that it is done.
TEST_P(LeaseLedgerTest, ACloseWhoseAnswerWasLostHoldsNothing) {
  Ask("a", 1, {kTotal, 0, 1000, 500, 500, 500});
  Commit(PaidEvent("a", 500));
  EXPECT_TRUE(Ask("a", 2, {kTotal, 500, 1000, 0, 0, 0, true}).closed);  // never heard of
  EXPECT_TRUE(Ask("a", 3, {kTotal, 500, 1000, 0, 0, 0, true}).closed);
  EXPECT_EQ(Count("usage_leases"), 0);
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, 1000, 500, 500, 500}).granted, 500);
}

TEST_P(LeaseLedgerTest, PeekTellsWhatIsSpentAndHeldAndChangesNothing) {
  Ask("a", 1, {kTotal, 0, 1000, 600, 600, 600});
  Ask("b", 1, {kTotal, 0, 1000, 300, 300, 300});
  Commit(PaidEvent("a", 250));
  const Budget requests = {kKey5, Period::kTotal, BudgetUnit::kRequests, 0};
  const auto standings = leases_->Peek({kTotal, requests});
  ASSERT_TRUE(standings.ok()) << standings.status();
  EXPECT_EQ(*standings, (std::vector<BudgetStanding>{{250, 650}, {1, 0}}));
  EXPECT_EQ(Ask("b", 2, {kTotal, 300, 1000, 100, 100, 100}).granted, 400);
  EXPECT_TRUE(leases_->Peek({})->empty());
  Budget wrong = kToday;
  wrong.window_unix_ms += 1;
  EXPECT_TRUE(absl::IsInvalidArgument(leases_->Peek({wrong}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(leases_->Peek(std::vector<Budget>(1'001, kTotal)).status()));
}

TEST_P(LeaseLedgerTest, WhatCostMoreThanReservedIsHeldOnceItIsStated) {
  Ask("a", 1, {kTotal, 0, 1000, 100, 100, 100});
  // 150 were spent out of 100; the relay states it before the event has come.
  EXPECT_EQ(Ask("a", 2, {kTotal, 150, 1000}).granted, 150);
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, 1000, 850, 850, 850}).granted, 850);
}

TEST_P(LeaseLedgerTest, RefusesRoundsThatMakeNoSense) {
  const auto refused = [this](void (*spoil)(LeaseRound&)) {
    LeaseRound round = Round("a", 1, {{kTotal, 0, 1000, 1, 1, 10}});
    spoil(round);
    return absl::IsInvalidArgument(leases_->Exchange(round).status());
  };
  EXPECT_TRUE(refused([](LeaseRound& r) { r.holder.clear(); }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.session = std::string(65, 'x'); }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.number = 0; }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.alive_ms = 999; }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases.push_back(r.leases[0]); }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases.resize(1001); }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases[0].granted = -1; }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases[0].cap = -1; }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases[0].need = 11; }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases[0].done = true; }));
  EXPECT_TRUE(refused([](LeaseRound& r) { r.leases[0].budget.window_unix_ms = 1; }));
  EXPECT_EQ(Count("usage_leases"), 0);
}

// A relay gone mad denies others the budget at most; it gets nobody errors, and nobody money.
TEST_P(LeaseLedgerTest, AbsurdStatementsGrantNothingAndBreakNothing) {
  for (int i = 0; i < 3; ++i) {
    Ask("mad" + std::to_string(i), 1, {kTotal, INT64_MAX, 1000});
  }
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, INT64_MAX, 1, 1, INT64_MAX}).granted, 0);
  EXPECT_EQ(Ask("b", 2, {kToday, 0, 1000, 1, 1, 1}).granted, 1) << "other budgets go on";
  EXPECT_EQ(leases_->Peek({kTotal})->at(0).held, INT64_MAX);
  for (int i = 0; i < 3; ++i) Ask("mad" + std::to_string(i), 2, {kTotal, 0, 1000});
  EXPECT_EQ(Ask("b", 3, {kTotal, 0, 1000, 1000, 1000, 1000}).granted, 1000);
}

TEST_P(LeaseLedgerTest, RequestsPerMonthAndInAllAreCharged) {
  const Budget month = {kKey5, Period::kMonth, BudgetUnit::kRequests,
                        MonthOf(kTestUnixMs).begin_unix_ms};
  const Budget total = {kKey5, Period::kTotal, BudgetUnit::kRequests, 0};
  Exchange(Round("a", 1, {{month, 0, 2, 2, 2, 2}, {total, 0, 3, 3, 3, 3}}));
  UsageEvent event = MakeEvent();
  event.charge = {
      .session = "a", .month_requests = {SubjectKind::kKey}, .total_requests = {SubjectKind::kKey}};
  Commit(event);
  EXPECT_EQ(*leases_->Peek({month, total}), (std::vector<BudgetStanding>{{1, 1}, {1, 2}}));
}

TEST_P(LeaseLedgerTest, HugeCapsDoNotOverflow) {
  constexpr std::int64_t kHuge = INT64_MAX;
  EXPECT_EQ(Ask("a", 1, {kTotal, 0, kHuge, kHuge - 10, kHuge - 10, kHuge - 10}).granted,
            kHuge - 10);
  EXPECT_EQ(Ask("b", 1, {kTotal, 0, kHuge, 10, 10, kHuge}).granted, 10);
  EXPECT_EQ(Ask("b", 2, {kTotal, 10, kHuge, 1, 1, kHuge}).granted, 10);
}

// A relay as the ledger sees it: it may miss answers, die with events in its spool, come back on
// the same folder, and its events may arrive late, twice and in parts.
class ModelRelay {
 public:
  explicit ModelRelay(int number) : holder_("relay-" + std::to_string(number)) { BeginSession(); }

  LeaseRound NextRound(std::int64_t cap, std::int64_t ask, std::int64_t need_max = 5) {
    const std::int64_t need = std::min(ask, need_max);
    const LeaseState lease{kTotal, granted_, cap, need, need, ask};
    return {.holder = holder_,
            .session = session_,
            .number = ++number_,
            .alive_ms = 60'000,
            .begins = !answered_,
            .earlier_sessions_settled = old_events_ == 0,
            .leases = {lease}};
  }
  void Take(const LeaseAnswer& answer) {
    ASSERT_TRUE(answer.session_known);
    answered_ = true;
    granted_ = answer.grants.at(0).granted;
  }
  // Answers a request: its cost must be paid for by what is granted.
  bool Spend(std::int64_t cost) {
    if (spent_ + cost > granted_) return false;
    spent_ += cost;
    total_spent_ += cost;
    spool_.push_back(PaidEvent(session_, cost));
    return true;
  }
  void GiveBack(std::int64_t amount) { granted_ -= std::min(amount, granted_ - spent_); }
  void Die() {
    old_events_ = spool_.size();
    BeginSession();
  }
  // The next events to send; Acked() takes them off.
  std::vector<UsageEvent> Unsent(std::size_t count) const {
    const auto end = spool_.begin() + static_cast<std::ptrdiff_t>(std::min(count, spool_.size()));
    return {spool_.begin(), end};
  }
  void Acked(std::size_t count) {
    spool_.erase(spool_.begin(), spool_.begin() + static_cast<std::ptrdiff_t>(count));
    old_events_ -= std::min(old_events_, count);
  }
  std::int64_t total_spent() const { return total_spent_; }

 private:
  void BeginSession() {
    session_ = holder_ + "/" + std::to_string(++sessions_);
    number_ = granted_ = spent_ = 0;
    answered_ = false;
  }

  std::string holder_;
  std::string session_;
  int sessions_ = 0;
  std::int64_t number_ = 0;
  std::int64_t granted_ = 0;
  std::int64_t spent_ = 0;
  std::int64_t total_spent_ = 0;
  bool answered_ = false;
  std::deque<UsageEvent> spool_;
  std::size_t old_events_ = 0;
};

// Whatever happens in whatever order, all that was ever spent stays within the cap, and at the end
// all of the cap has been spent.
TEST_P(LeaseLedgerTest, NeverOverrunsWhateverRelaysGoThrough) {
  constexpr std::int64_t kCap = 3'000;
  std::mt19937 random(GetParam() == sql::SqlDialect::kSqlite ? 41 : 42);
  const auto pick = [&random](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random);
  };
  std::vector<ModelRelay> relays;
  for (int i = 0; i < 3; ++i) relays.emplace_back(i);
  UsageLedger ledger(database());
  const auto send = [&ledger](ModelRelay& relay, std::size_t count, bool ack) {
    const std::vector<UsageEvent> events = relay.Unsent(count);
    std::vector<const UsageEvent*> pointers;
    for (const UsageEvent& event : events) pointers.push_back(&event);
    ASSERT_TRUE(ledger.Insert(pointers).ok());
    if (ack) relay.Acked(events.size());
  };
  const auto total = [&relays] {
    std::int64_t sum = 0;
    for (const ModelRelay& relay : relays) sum += relay.total_spent();
    return sum;
  };
  for (int step = 0; step < 700; ++step) {
    ModelRelay& relay = relays[static_cast<std::size_t>(pick(0, 2))];
    switch (pick(0, 9)) {
      case 0:
        relay.Die();
        break;
      case 1:
        relay.GiveBack(pick(1, 40));
        break;
      case 2:
        Exchange(relay.NextRound(kCap, pick(1, 90)));  // and its answer is lost
        break;
      case 3:
        relay.Take(Exchange(relay.NextRound(kCap, pick(1, 90))));
        break;
      case 4:
      case 5:
        send(relay, static_cast<std::size_t>(pick(1, 4)), pick(0, 2) != 0);
        break;
      default:
        relay.Spend(pick(1, 12));
    }
    ASSERT_LE(total(), kCap) << "step " << step;
  }
  for (ModelRelay& relay : relays) send(relay, 10'000, true);
  ModelRelay& last = relays[0];
  for (ModelRelay& relay : relays) {
    relay.GiveBack(kCap);
    relay.Take(Exchange(relay.NextRound(kCap, 0)));
  }
  for (int round = 0; round < 60; ++round) {
    last.Take(Exchange(last.NextRound(kCap, kCap, 1)));
    while (last.Spend(1)) {
    }
  }
  EXPECT_EQ(total(), kCap);
}

// Two processes, eight relays in threads of their own, while their events commit.
TEST_P(LeaseLedgerTest, HoldsUnderConcurrency) {
  constexpr std::int64_t kCap = 5'000;
  std::unique_ptr<sql::Database> other = Open();
  ASSERT_NE(other, nullptr);
  LeaseLedger other_leases(*other, clock_, kHoldMs);
  UsageLedger ledger(database());
  UsageLedger other_ledger(*other);
  std::atomic<std::int64_t> spent = 0;
  std::atomic<int> errors = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      ModelRelay relay(i);
      for (int n = 0; n < 25; ++n) {
        const auto answer =
            (i % 2 == 0 ? *leases_ : other_leases).Exchange(relay.NextRound(kCap, 60));
        if (!answer.ok()) {
          ++errors;
          continue;
        }
        relay.Take(*answer);
        while (relay.Spend(7)) {
        }
        const std::vector<UsageEvent> events = relay.Unsent(3);
        std::vector<const UsageEvent*> pointers;
        for (const UsageEvent& event : events) pointers.push_back(&event);
        if (!(i % 2 == 0 ? other_ledger : ledger).Insert(pointers).ok()) ++errors;
        relay.Acked(events.size());
      }
      spent += relay.total_spent();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(errors, 0);
  EXPECT_LE(spent, kCap);
  EXPECT_GE(spent, kCap / 2) << "a budget that cannot be used is none";
}

}  // namespace
}  // namespace weir::usage
