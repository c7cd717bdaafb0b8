#include "services/relay/budgets/request_cost.h"

#include <string>

#include <gtest/gtest.h>

#include "services/relay/budgets/budget_key.h"

namespace weir::relay {
namespace {

Price PriceOf(std::int64_t input, std::int64_t output) {
  Price price;
  price.prices.base = {.input_pico_usd = input, .output_pico_usd = output};
  return price;
}

TEST(RequestCostTest, TakesTheDearestPrice) {
  Tariff tariff(kPpmOne);
  tariff.Add(PriceOf(3'000'000, 1'000'000), 100);
  tariff.Add(PriceOf(1'000'000, 15'000'000), 100);
  // 100 × 3 µUSD + 10 × 15 µUSD, and one nano-USD for the rounding.
  EXPECT_EQ(tariff.CostNanoUsd(100, 10), 100 * 3'000 + 10 * 15'000 + 1);
}

TEST(RequestCostTest, CacheWritesAndTiersMayBeDearerThanInput) {
  Price price = PriceOf(3'000'000, 15'000'000);
  price.prices.base.cache_write_1h_pico_usd = 6'000'000;
  price.prices.tier_above_input_tokens = 200'000;
  price.prices.tier = {.input_pico_usd = 8'000'000, .output_pico_usd = 22'000'000};
  Tariff small(kPpmOne);
  small.Add(price, 200'000);
  EXPECT_EQ(small.CostNanoUsd(10, 0), 10 * 6'000 + 1);
  Tariff large(kPpmOne);
  large.Add(price, 200'001);
  EXPECT_EQ(large.CostNanoUsd(10, 10), 10 * 8'000 + 10 * 22'000 + 1);
}

TEST(RequestCostTest, MultipliersCount) {
  Tariff tariff(2 * kPpmOne);
  tariff.Add(PriceOf(3'000'000, 15'000'000), 0);
  EXPECT_EQ(tariff.CostNanoUsd(1, 1), 2 * (3'000 + 15'000) + 1);
}

TEST(RequestCostTest, SaysHowManyOutputTokensAreLeft) {
  Tariff tariff(kPpmOne / 2);
  tariff.Add(PriceOf(3'000'000, 15'000'000), 0);
  for (const std::int64_t tokens : {0, 1, 63, 64, 100'000}) {
    const std::int64_t cost = tariff.CostNanoUsd(1'000, tokens);
    EXPECT_EQ(tariff.OutputTokensFor(cost, 1'000), tokens);
    EXPECT_LE(tariff.CostNanoUsd(1'000, tariff.OutputTokensFor(cost - 1, 1'000)), cost);
  }
  EXPECT_EQ(tariff.OutputTokensFor(10, 1'000), 0);
  EXPECT_GT(Tariff(kPpmOne).OutputTokensFor(10, 0), 1'000'000) << "free";
}

TEST(RequestCostTest, AbsurdFiguresDoNotOverflow) {
  Tariff tariff(1'000 * kPpmOne);
  tariff.Add(PriceOf(INT64_MAX, INT64_MAX), 0);
  EXPECT_EQ(tariff.CostNanoUsd(INT64_MAX, INT64_MAX), 1'000'000'000'000'000);
}

TEST(RequestCostTest, TheBoundIsAboveTheEstimateForAnyText) {
  EXPECT_GE(InputTokensBound(7'500, 30'000, 0), 10'000) << "three bytes a token";
  EXPECT_GE(InputTokensBound(7'500, 30'000, 30'000), 14'000) << "Chinese: about two bytes a token";
}

TEST(BudgetLinesTest, HaveTheWindowsThatHoldTheRequest) {
  constexpr std::int64_t kAt = 1'750'000'000'000;  // 2025-06-15T15:06:40Z
  const Limits limits{
      .requests_per_day = 9, .nano_usd_per_day = 1, .nano_usd_per_month = 2, .nano_usd_total = 3};
  BudgetLines lines;
  lines.Add(SubjectKind::kGroup, 5, limits, kAt);
  ASSERT_EQ(lines.end() - lines.begin(), 4);
  const BudgetLine* line = lines.begin();
  EXPECT_EQ(line[0].key.window_unix_ms, 1'749'945'600'000);
  EXPECT_EQ(ResetsAtUnixMs(line[0].key), 1'750'032'000'000);
  EXPECT_EQ(line[1].key.window_unix_ms, 1'748'736'000'000);
  EXPECT_EQ(ResetsAtUnixMs(line[1].key), 1'751'328'000'000);
  EXPECT_EQ(line[2].key.window_unix_ms, 0);
  EXPECT_EQ(ResetsAtUnixMs(line[2].key), 0);
  EXPECT_EQ(line[3].key.unit, BudgetUnit::kRequests);
  EXPECT_EQ(line[3].cap, 9);
  BudgetLines none;
  none.Add(SubjectKind::kKey, 5, Limits{.requests_per_minute = 3}, kAt);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace weir::relay
