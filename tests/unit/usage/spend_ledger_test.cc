#include "services/usage/spend_ledger.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

constexpr Subject kKey5 = {SubjectKind::kKey, 5};

class SpendLedgerTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    spend_ = std::make_unique<SpendLedger>(database(), clock_);
  }

  void AddEvent(std::int64_t unix_ms, std::int64_t cost_nano_usd) {
    UsageEvent event = MakeEvent();
    event.started_at_unix_ms = unix_ms;
    event.cost_nano_usd = cost_nano_usd;
    const auto marks = UsageLedger(database()).Insert({&event});
    ASSERT_TRUE(marks.ok()) << marks.status();
  }

  Lease Acquire(const LeaseWish& wish) {
    absl::StatusOr<Lease> lease = spend_->Acquire(wish);
    EXPECT_TRUE(lease.ok()) << lease.status();
    return lease.ok() ? *lease : Lease{};
  }

  static LeaseWish Wish(std::int64_t cap, std::int64_t amount, Period period = Period::kDay) {
    return {.relay_id = "relay-1",
            .subject = kKey5,
            .period = period,
            .cap_nano_usd = cap,
            .amount_nano_usd = amount,
            .duration_ms = 60'000};
  }

  FakeClock clock_{kTestUnixMs};
  std::unique_ptr<SpendLedger> spend_;
};

INSTANTIATE_ON_BOTH_DATABASES(SpendLedgerTest);

TEST_P(SpendLedgerTest, SumsUpDayMonthAndLifetime) {
  const MonthBounds month = MonthOf(kTestUnixMs);
  AddEvent(kTestUnixMs, 1);
  AddEvent(kTestUnixMs - kTestUnixMs % kDayMs, 10);
  AddEvent(kTestUnixMs - kTestUnixMs % kDayMs - 1, 100);
  AddEvent(month.begin_unix_ms, 1'000);
  AddEvent(month.begin_unix_ms - 1, 10'000);
  AddEvent(month.end_unix_ms - 1, 100'000);
  AddEvent(month.end_unix_ms, 1'000'000);
  const auto spend = spend_->GetSpend(kKey5, 0);
  ASSERT_TRUE(spend.ok()) << spend.status();
  EXPECT_EQ(spend->day_nano_usd, 11);
  EXPECT_EQ(spend->day_requests, 2);
  EXPECT_EQ(spend->month_nano_usd, 101'111);
  EXPECT_EQ(spend->total_nano_usd, 1'111'111);
  EXPECT_EQ(spend_->GetSpend(kKey5, month.begin_unix_ms - 1)->month_nano_usd, 10'000);
  for (const Subject& subject : {Subject{SubjectKind::kUser, 3}, Subject{SubjectKind::kGroup, 7},
                                 Subject{SubjectKind::kAccount, 9}}) {
    EXPECT_EQ(spend_->GetSpend(subject, 0)->total_nano_usd, 1'111'111);
  }
  EXPECT_EQ(spend_->GetSpend({SubjectKind::kKey, 6}, 0)->total_nano_usd, 0);
}

TEST_P(SpendLedgerTest, GrantsWhatIsLeft) {
  AddEvent(kTestUnixMs, 300);
  const Lease first = Acquire(Wish(1000, 500));
  EXPECT_EQ(first.granted_nano_usd, 500);
  EXPECT_EQ(first.spent_nano_usd, 300);
  EXPECT_EQ(first.expires_at_unix_ms, kTestUnixMs + 60'000);
  const Lease second = Acquire(Wish(1000, 500));
  EXPECT_EQ(second.granted_nano_usd, 200);
  EXPECT_NE(second.id, first.id);
  const Lease third = Acquire(Wish(1000, 500));
  EXPECT_EQ(third.granted_nano_usd, 0);
  EXPECT_TRUE(third.id.empty());
}

TEST_P(SpendLedgerTest, PeriodsAndSubjectsAreApart) {
  AddEvent(kTestUnixMs - kDayMs, 900);
  EXPECT_EQ(Acquire(Wish(1000, 1000, Period::kDay)).granted_nano_usd, 1000);
  EXPECT_EQ(Acquire(Wish(1000, 1000, Period::kMonth)).granted_nano_usd, 100);
  EXPECT_EQ(Acquire(Wish(1000, 1000, Period::kTotal)).granted_nano_usd, 100);
  LeaseWish other = Wish(1000, 1000, Period::kDay);
  other.subject.id = 6;
  EXPECT_EQ(Acquire(other).granted_nano_usd, 1000);
}

TEST_P(SpendLedgerTest, ReturnedAndExpiredLeasesAreFreeAgain) {
  const Lease lease = Acquire(Wish(1000, 1000));
  EXPECT_EQ(Acquire(Wish(1000, 1000)).granted_nano_usd, 0);
  EXPECT_TRUE(spend_->Return("relay-2", lease.id).ok());  // not its own: stays out
  EXPECT_EQ(Acquire(Wish(1000, 1000)).granted_nano_usd, 0);
  EXPECT_TRUE(spend_->Return("relay-1", lease.id).ok());
  EXPECT_TRUE(spend_->Return("relay-1", lease.id).ok());
  EXPECT_TRUE(spend_->Return("relay-1", "never was").ok());
  EXPECT_EQ(Acquire(Wish(1000, 1000)).granted_nano_usd, 1000);
  clock_.AdvanceMs(59'999);
  EXPECT_EQ(Acquire(Wish(1000, 1000)).granted_nano_usd, 0);
  clock_.AdvanceMs(1);
  EXPECT_EQ(Acquire(Wish(1000, 1000)).granted_nano_usd, 1000);
}

TEST_P(SpendLedgerTest, DropsExpiredLeasesAlone) {
  Acquire(Wish(1000, 400));
  clock_.AdvanceMs(30'000);
  Acquire(Wish(1000, 400));
  clock_.AdvanceMs(30'000);
  ASSERT_TRUE(spend_->DropExpired().ok());
  EXPECT_EQ(database().Query("SELECT COUNT(*) FROM usage_leases")->rows.at(0).Int(0), 1);
}

TEST_P(SpendLedgerTest, RefusesWishesThatMakeNoSense) {
  for (const auto& spoil : std::vector<void (*)(LeaseWish&)>{
           [](LeaseWish& w) { w.subject.id = 0; }, [](LeaseWish& w) { w.cap_nano_usd = -1; },
           [](LeaseWish& w) { w.amount_nano_usd = 0; }, [](LeaseWish& w) { w.duration_ms = 999; },
           [](LeaseWish& w) { w.duration_ms = 600'001; }}) {
    LeaseWish wish = Wish(1000, 100);
    spoil(wish);
    EXPECT_TRUE(absl::IsInvalidArgument(spend_->Acquire(wish).status()));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(spend_->GetSpend({SubjectKind::kKey, 0}, 0).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(spend_->GetSpend(kKey5, -1).status()));
}

TEST_P(SpendLedgerTest, HugeCapsDoNotOverflow) {
  EXPECT_EQ(Acquire(Wish(INT64_MAX, INT64_MAX - 10)).granted_nano_usd, INT64_MAX - 10);
  EXPECT_EQ(Acquire(Wish(INT64_MAX, INT64_MAX)).granted_nano_usd, 10);
  EXPECT_EQ(Acquire(Wish(INT64_MAX, INT64_MAX)).granted_nano_usd, 0);
}

// Two processes, sixteen threads, while events are committed: what is spent and what is out never
// pass the cap together, and in the end all of it is granted.
TEST_P(SpendLedgerTest, LeasesNeverExceedTheCapUnderConcurrency) {
  constexpr std::int64_t kCap = 10'000;
  AddEvent(kTestUnixMs, 1'234);
  std::unique_ptr<sql::Database> other = Open();
  ASSERT_NE(other, nullptr);
  SpendLedger other_spend(*other, clock_);
  std::atomic<std::int64_t> granted = 0;
  std::atomic<int> errors = 0;
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      SpendLedger& mine = i % 2 == 0 ? *spend_ : other_spend;
      for (std::int64_t n = 0; n < 12; ++n) {
        const auto lease = mine.Acquire(Wish(kCap, 70 + i + n));
        if (!lease.ok()) {
          ++errors;
          continue;
        }
        // Some come back, so that the rest is granted more than once.
        if (n % 3 == 0 && mine.Return("relay-1", lease->id).ok()) continue;
        granted += lease->granted_nano_usd;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(errors, 0);
  const std::int64_t stored =
      database()
          .Query("SELECT CAST(SUM(granted_nano_usd) AS BIGINT) FROM usage_leases")
          ->rows.at(0)
          .Int(0);
  EXPECT_EQ(stored, granted);
  EXPECT_LE(1'234 + granted, kCap);
  Acquire(Wish(kCap, kCap));
  EXPECT_EQ(Acquire(Wish(kCap, kCap)).granted_nano_usd, 0);
}

TEST(MonthOfTest, KnowsMonthsAndLeapYears) {
  constexpr std::int64_t kDay = 86'400'000;
  const MonthBounds june = MonthOf(kTestUnixMs);
  EXPECT_EQ(june.begin_unix_ms, 1'748'736'000'000);         // 2025-06-01
  EXPECT_EQ(june.end_unix_ms, 1'751'328'000'000);           // 2025-07-01
  const MonthBounds february = MonthOf(1'709'164'800'000);  // 2024-02-29
  EXPECT_EQ(february.end_unix_ms - february.begin_unix_ms, 29 * kDay);
  EXPECT_EQ(MonthOf(february.end_unix_ms - 1).begin_unix_ms, february.begin_unix_ms);
  EXPECT_EQ(MonthOf(february.end_unix_ms).begin_unix_ms, february.end_unix_ms);
  EXPECT_EQ(MonthOf(0).begin_unix_ms, 0);
}

}  // namespace
}  // namespace weir::usage
