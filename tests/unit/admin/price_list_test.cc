#include "services/admin/store/price_list.h"

#include <cstdio>
#include <fstream>
#include <string>

#include "services/admin/model/price_csv.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/price_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class PriceListTest : public StoreTest {
 protected:
  PriceListPlan Plan(const std::string& csv, bool apply) {
    auto list = ParsePriceCsv(csv);
    EXPECT_TRUE(list.ok()) << list.status();
    auto plan =
        ChangeValue(store(), [&](sql::Transaction& t, Changes& c) -> absl::StatusOr<PriceListPlan> {
          auto planned = PlanPriceList(t, *list, store().NowMs());
          if (!planned.ok() || !apply) return planned;
          absl::Status done = ApplyPriceList(t, c, store().NowMs(), PriceSource::kList, *planned);
          if (!done.ok()) return done;
          return planned;
        });
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan.ok() ? *plan : PriceListPlan();
  }
  std::int64_t Count() {
    return ReadValue(store(), [](sql::Transaction& t) { return price_store::List(t, {}); })
        ->total.rows;
  }
};

TEST_P(PriceListTest, APriceSaysWhereItIsFrom) {
  Plan("provider,model,input,output\nx,a,1,2\n", true);
  const auto prices =
      ReadValue(store(), [](sql::Transaction& t) { return price_store::List(t, {}); });
  ASSERT_EQ(prices->items.size(), 1u);
  EXPECT_EQ(prices->items[0].source, PriceSource::kList);
}

TEST_P(PriceListTest, AddsDatesAndLeavesAlone) {
  const std::string first = "provider,model,input,output\nx,a,1,2\nx,b,3,4\n";
  EXPECT_EQ(Plan(first, false).added.size(), 2u);
  EXPECT_EQ(Count(), 0) << "planning writes nothing";
  EXPECT_EQ(Plan(first, true).added.size(), 2u);
  const PriceListPlan same = Plan(first, true);
  EXPECT_EQ(same.unchanged, 2);
  EXPECT_TRUE(same.added.empty() && same.changed.empty());

  clock().AdvanceMs(1000);
  const PriceListPlan raised = Plan("provider,model,input,output\nx,a,1.5,2\n", true);
  ASSERT_EQ(raised.changed.size(), 1u);
  EXPECT_EQ(raised.changed[0].old_price.input_pico_usd, 1'000'000);
  EXPECT_EQ(raised.changed[0].new_price.input_pico_usd, 1'500'000);
  EXPECT_EQ(Count(), 3) << "what was valid stays";
  auto old_price =
      ReadValue(store(), [](sql::Transaction& t) { return price_store::Find(t, "x", "a", 0); });
  EXPECT_EQ(old_price->input_pico_usd, 1'000'000);
  auto new_price = ReadValue(store(), [&](sql::Transaction& t) {
    return price_store::Find(t, "x", "a", clock().NowUnixMs());
  });
  ASSERT_TRUE(new_price.ok()) << new_price.status();
  EXPECT_EQ(new_price->input_pico_usd, 1'500'000);
  EXPECT_EQ(Plan("provider,model,input,output\nx,a,1.5,2\n", true).unchanged, 1);
}

std::string Row(const std::string& amounts, const std::string& from) {
  return "provider,model,input,output,effective_from\nx,a," + amounts + "," + from + "\n";
}

TEST_P(PriceListTest, WhatWasValidIsNeverRewritten) {
  clock().SetUnixMs(1'800'000'000'000);  // in 2027
  EXPECT_EQ(Plan(Row("1,1", "2025-01-01T00:00:00Z"), true).added.size(), 1u);
  const PriceListPlan past = Plan(Row("9,9", "2025-01-01T00:00:00Z"), false);
  EXPECT_EQ(past.refused.size(), 1u);
  EXPECT_EQ(ReasonOf(CheckPriceList(past)), "conflict");
  EXPECT_EQ(Plan(Row("9,9", "2025-06-01T00:00:00Z"), false).refused.size(), 1u) << "1 was valid";
  EXPECT_EQ(Plan(Row("1,1", "2025-06-01T00:00:00Z"), false).unchanged, 1);
  // Before there was any price, and in time to come.
  EXPECT_EQ(Plan(Row("3,3", "2024-01-01T00:00:00Z"), true).added.size(), 1u);
  EXPECT_EQ(Plan(Row("2,2", "2028-01-01T00:00:00Z"), true).changed.size(), 1u);
  EXPECT_EQ(Plan(Row("2.5,2", "2028-01-01T00:00:00Z"), true).changed.size(), 1u);
  EXPECT_EQ(Count(), 3) << "what is still to come is written anew";
}

TEST_P(PriceListTest, BesideDatedRowsNoDateMeansSinceEver) {
  clock().SetUnixMs(1'800'000'000'000);
  const std::string list = Row("1,1", "") + "x,a,2,2,2026-01-01T00:00:00Z\n";
  EXPECT_EQ(Plan(list, true).added.size(), 2u);
  EXPECT_EQ(Plan(list, true).unchanged, 2) << "the older row does not come back";
}

TEST_P(PriceListTest, AliasesStayUnlessTheListSaysOtherwise) {
  const std::string with = "provider,model,input,output,aliases\n";
  Plan(with + "x,a,1,2,a-1;a-2\n", true);
  clock().AdvanceMs(1000);
  const std::string without = "provider,model,input,output\n";
  EXPECT_EQ(Plan(without + "x,a,1,2\n", true).unchanged, 1);
  const PriceListPlan raised = Plan(without + "x,a,3,2\n", true);
  ASSERT_EQ(raised.changed.size(), 1U);
  EXPECT_EQ(raised.changed[0].new_price.aliases, (std::vector<std::string>{"a-1", "a-2"}));
  clock().AdvanceMs(1000);
  const PriceListPlan taken = Plan(with + "x,a,3,2,\n", true);
  ASSERT_EQ(taken.changed.size(), 1U);
  EXPECT_TRUE(taken.changed[0].new_price.aliases.empty());
}

TEST_P(PriceListTest, ModelsThatTheListForgotAreNamedAndStay) {
  Plan("provider,model,input,output\nx,a,1,2\nx,b,3,4\ny,c,1,1\n", true);
  const PriceListPlan plan = Plan("provider,model,input,output\nx,a,1,2\n", true);
  ASSERT_EQ(plan.removed.size(), 1U);
  EXPECT_EQ(plan.removed[0].model, "b");
  EXPECT_EQ(Count(), 3);
}

TEST_P(PriceListTest, TheShippedListLoadsOnce) {
  const std::string path = ::testing::TempDir() + "/weir-prices-test.csv";
  std::ofstream(path) << "provider,model,input,output\nx,a,1,2\n";
  ASSERT_TRUE(LoadShippedPrices(store(), path).ok());
  EXPECT_EQ(Count(), 1);
  std::ofstream(path) << "provider,model,input,output\nx,a,9,9\nx,b,9,9\n";
  ASSERT_TRUE(LoadShippedPrices(store(), path).ok());
  EXPECT_EQ(Count(), 1);
}

TEST_P(PriceListTest, AMissingFileIsTriedAgainNextTime) {
  const std::string path = ::testing::TempDir() + "/weir-no-such-prices.csv";
  absl::Status missing = LoadShippedPrices(store(), path);
  EXPECT_NE(missing.message().find("weir-no-such-prices.csv"), std::string::npos) << missing;
  std::ofstream(path) << "provider,model,input,output\nx,a,1,2\n";
  EXPECT_TRUE(LoadShippedPrices(store(), path).ok());
  EXPECT_EQ(Count(), 1);
  std::remove(path.c_str());
}

INSTANTIATE_ON_BOTH_DATABASES(PriceListTest);

}  // namespace
}  // namespace weir::admin
