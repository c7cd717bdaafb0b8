#include "libs/common/price.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "libs/common/cost_bound.h"

namespace weir {
namespace {

TEST(CompletePrices, WhatIsNotPricedApartCostsWhatInputCosts) {
  const auto prices = CompletePrices({.input_pico_usd = 3'000'000, .output_pico_usd = 15'000'000});
  ASSERT_TRUE(prices.ok()) << prices.status();
  EXPECT_EQ(prices->base, (TokenPrices{3'000'000, 15'000'000, 3'000'000, 3'000'000, 3'000'000}));
  EXPECT_EQ(prices->tier_above_input_tokens, 0);
}

TEST(CompletePrices, InTheTierTheCacheKeepsItsRelationToTheInput) {
  const auto prices = CompletePrices({.input_pico_usd = 3'000'000,
                                      .output_pico_usd = 15'000'000,
                                      .cache_read_pico_usd = 300'000,
                                      .cache_write_5m_pico_usd = 3'750'000,
                                      .cache_write_1h_pico_usd = 0,
                                      .tier_above_input_tokens = 200'000,
                                      .tier_input_pico_usd = 6'000'000});
  ASSERT_TRUE(prices.ok()) << prices.status();
  EXPECT_EQ(prices->tier, (TokenPrices{6'000'000, 15'000'000, 600'000, 7'500'000, 0}));
}

TEST(CompletePrices, TheTiersOwnFiguresHold) {
  const auto prices = CompletePrices({.input_pico_usd = 3,
                                      .output_pico_usd = 4,
                                      .tier_above_input_tokens = 1,
                                      .tier_output_pico_usd = 8,
                                      .tier_cache_read_pico_usd = 1,
                                      .tier_cache_write_5m_pico_usd = 5,
                                      .tier_cache_write_1h_pico_usd = 7});
  ASSERT_TRUE(prices.ok()) << prices.status();
  EXPECT_EQ(prices->tier, (TokenPrices{3, 8, 1, 5, 7}));
}

TEST(CompletePrices, AbsurdAndFreeFiguresDoNoHarm) {
  const auto huge = CompletePrices({.input_pico_usd = 1,
                                    .output_pico_usd = 1,
                                    .cache_read_pico_usd = INT64_MAX,
                                    .tier_above_input_tokens = 1,
                                    .tier_input_pico_usd = INT64_MAX});
  ASSERT_TRUE(huge.ok());
  EXPECT_EQ(huge->tier.cache_read_pico_usd, INT64_MAX);
  const auto free = CompletePrices({.input_pico_usd = 0,
                                    .output_pico_usd = 0,
                                    .tier_above_input_tokens = 1,
                                    .tier_input_pico_usd = 9});
  ASSERT_TRUE(free.ok());
  EXPECT_EQ(free->tier.cache_read_pico_usd, 9);
  EXPECT_FALSE(CompletePrices({.input_pico_usd = -1}).ok());
  EXPECT_FALSE(CompletePrices({.output_pico_usd = -1}).ok());
  EXPECT_FALSE(CompletePrices({.tier_above_input_tokens = -1}).ok());
}

TEST(ChargeFor, TakesTheTierAndCutsWhatIsBeyondAllReason) {
  const TieredPrices prices{.base = {.input_pico_usd = 1'000'000},
                            .tier_above_input_tokens = 100,
                            .tier = {.input_pico_usd = 2'000'000}};
  EXPECT_EQ(ChargeFor(prices, {.input = 100}, kPpmOne).cost_nano_usd, 100'000);
  const Charge tier = ChargeFor(prices, {.input = 101}, kPpmOne);
  EXPECT_EQ(tier.cost_nano_usd, 202'000);
  EXPECT_EQ(tier.prices, prices.tier);
  EXPECT_FALSE(tier.cut);
  const Charge absurd = ChargeFor(prices, {.input = 1'000'000'000'000}, 1'000 * kPpmOne);
  EXPECT_TRUE(absurd.cut);
  EXPECT_EQ(absurd.cost_nano_usd, kCostNanoUsdMax);
}

}  // namespace
}  // namespace weir
