#include "services/usage/spend_ledger.h"

#include <memory>

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

  FakeClock clock_{kTestUnixMs};
  std::unique_ptr<SpendLedger> spend_;
};

INSTANTIATE_ON_BOTH_DATABASES(SpendLedgerTest);

TEST_P(SpendLedgerTest, SumsUpDayMonthAndLifetime) {
  const TimeSpan month = MonthOf(kTestUnixMs);
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
  EXPECT_EQ(spend->month_requests, 5);
  EXPECT_EQ(spend->total_requests, 7);
  EXPECT_EQ(spend->month_nano_usd, 101'111);
  EXPECT_EQ(spend->total_nano_usd, 1'111'111);
  EXPECT_EQ(spend_->GetSpend(kKey5, month.begin_unix_ms - 1)->month_nano_usd, 10'000);
  for (const Subject& subject : {Subject{SubjectKind::kUser, 3}, Subject{SubjectKind::kGroup, 7},
                                 Subject{SubjectKind::kAccount, 9}}) {
    EXPECT_EQ(spend_->GetSpend(subject, 0)->total_nano_usd, 1'111'111);
  }
  EXPECT_EQ(spend_->GetSpend({SubjectKind::kKey, 6}, 0)->total_nano_usd, 0);
}

TEST_P(SpendLedgerTest, RequestsThatUsedNothingAreNoneOfABudget) {
  UsageEvent refused = MakeEvent();
  refused.usage_source = kSourceNone;
  refused.cost_nano_usd = 0;
  ASSERT_TRUE(UsageLedger(database()).Insert({&refused}).ok());
  EXPECT_EQ(spend_->GetSpend(kKey5, 0)->day_requests, 0);
  AddEvent(kTestUnixMs, 1);
  EXPECT_EQ(spend_->GetSpend(kKey5, 0)->day_requests, 1);
}

TEST_P(SpendLedgerTest, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(absl::IsInvalidArgument(spend_->GetSpend({SubjectKind::kKey, 0}, 0).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(spend_->GetSpend(kKey5, -1).status()));
}

TEST(WindowTest, BelongsToItsPeriod) {
  EXPECT_EQ(WindowOf(Period::kDay, kTestUnixMs).begin_unix_ms, kTestUnixMs - kTestUnixMs % kDayMs);
  EXPECT_EQ(WindowOf(Period::kTotal, kTestUnixMs).begin_unix_ms, 0);
  const Budget day{kKey5, Period::kDay, BudgetUnit::kNanoUsd, 3 * kDayMs};
  EXPECT_TRUE(CheckBudget(day).ok());
  for (const Budget& bad : {Budget{kKey5, Period::kDay, BudgetUnit::kNanoUsd, 3 * kDayMs + 1},
                            Budget{kKey5, Period::kMonth, BudgetUnit::kNanoUsd, 3 * kDayMs},
                            Budget{kKey5, Period::kTotal, BudgetUnit::kNanoUsd, 3 * kDayMs},
                            Budget{kKey5, Period::kTotal, BudgetUnit::kRequests, kDayMs},
                            Budget{{SubjectKind::kKey, 0}, Period::kDay, BudgetUnit::kNanoUsd, 0},
                            Budget{kKey5, Period::kDay, BudgetUnit::kNanoUsd, -kDayMs}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckBudget(bad)));
  }
}

TEST(MonthOfTest, KnowsMonthsAndLeapYears) {
  constexpr std::int64_t kDay = 86'400'000;
  const TimeSpan june = MonthOf(kTestUnixMs);
  EXPECT_EQ(june.begin_unix_ms, 1'748'736'000'000);      // 2025-06-01
  EXPECT_EQ(june.end_unix_ms, 1'751'328'000'000);        // 2025-07-01
  const TimeSpan february = MonthOf(1'709'164'800'000);  // 2024-02-29
  EXPECT_EQ(february.end_unix_ms - february.begin_unix_ms, 29 * kDay);
  EXPECT_EQ(MonthOf(february.end_unix_ms - 1).begin_unix_ms, february.begin_unix_ms);
  EXPECT_EQ(MonthOf(february.end_unix_ms).begin_unix_ms, february.end_unix_ms);
  EXPECT_EQ(MonthOf(0).begin_unix_ms, 0);
}

}  // namespace
}  // namespace weir::usage
