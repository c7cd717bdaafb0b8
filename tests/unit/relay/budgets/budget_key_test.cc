#include "services/relay/budgets/budget_key.h"

#include <string>

#include <gtest/gtest.h>

#include "services/relay/budgets/lease_policy.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'750'000'000'000;

TEST(VerdictTest, SaysWhatARequestWouldMeet) {
  const BudgetStanding standing{.spent = 600, .held = 300};  // 100 are left
  EXPECT_EQ(VerdictOf(50, 1'000, 50, nullptr), BudgetVerdict::kReserved) << "it is at hand";
  EXPECT_EQ(VerdictOf(51, 1'000, 50, nullptr), BudgetVerdict::kAway);
  EXPECT_EQ(VerdictOf(150, 1'000, 50, &standing), BudgetVerdict::kReserved);
  EXPECT_EQ(VerdictOf(151, 1'000, 50, &standing), BudgetVerdict::kBusy);
  EXPECT_EQ(VerdictOf(400, 1'000, 0, &standing), BudgetVerdict::kBusy);
  EXPECT_EQ(VerdictOf(401, 1'000, 0, &standing), BudgetVerdict::kExceeded);
  EXPECT_EQ(VerdictOf(1, 500, 0, &standing), BudgetVerdict::kExceeded) << "a lowered cap";
}

TEST(BudgetKeyTest, NamesCapsAndSlotsOfAllSix) {
  const Limits limits{.requests_per_day = 4,
                      .requests_per_month = 5,
                      .requests_total = 6,
                      .nano_usd_per_day = 1,
                      .nano_usd_per_month = 2,
                      .nano_usd_total = 3};
  BudgetLines lines;
  lines.Add(SubjectKind::kUser, 7, limits, kNow);
  std::string names;
  unsigned slot = 0;
  for (const BudgetLine& line : lines) {
    names += std::string(BudgetName(line.key)) + " ";
    EXPECT_EQ(BudgetSlot(line.key), slot++);
    EXPECT_EQ(line.cap, slot);
    EXPECT_EQ(CapOf(limits, line.key), line.cap);
  }
  EXPECT_EQ(names,
            "usd_per_day usd_per_month usd_total requests_per_day requests_per_month "
            "requests_total ");
}

TEST(BudgetKeyTest, AKeyIsExhaustedWhenItsLifetimeIs) {
  const auto line = [](SubjectKind kind, BudgetPeriod period, BudgetUnit unit, std::int64_t cap) {
    return BudgetLine{{.subject = kind, .period = period, .unit = unit}, cap};
  };
  constexpr auto kMoney = BudgetUnit::kNanoUsd;
  const BudgetLine dollar = line(SubjectKind::kKey, BudgetPeriod::kTotal, kMoney, 1'000'000'000);
  EXPECT_FALSE(IsExhausted(dollar, 990'000'000));
  EXPECT_TRUE(IsExhausted(dollar, 990'000'001)) << "less than a cent";
  const BudgetLine dime = line(SubjectKind::kKey, BudgetPeriod::kTotal, kMoney, 100'000'000);
  EXPECT_FALSE(IsExhausted(dime, 99'000'000)) << "a hundredth of it";
  EXPECT_TRUE(IsExhausted(dime, 99'000'001));
  EXPECT_TRUE(IsExhausted(dime, 200'000'000));
  const BudgetLine three = line(SubjectKind::kKey, BudgetPeriod::kTotal, BudgetUnit::kRequests, 3);
  EXPECT_FALSE(IsExhausted(three, 2));
  EXPECT_TRUE(IsExhausted(three, 3));
  EXPECT_FALSE(IsExhausted(line(SubjectKind::kKey, BudgetPeriod::kDay, kMoney, 5), 5));
  EXPECT_FALSE(IsExhausted(line(SubjectKind::kGroup, BudgetPeriod::kTotal, kMoney, 5), 5));
}

}  // namespace
}  // namespace weir::relay
