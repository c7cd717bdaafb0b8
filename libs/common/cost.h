// What a request costs. The relay computes it, usage checks it: one function for both.
#pragma once

#include <cstdint>

namespace weir {

// Disjoint counts, however the provider reports them; `reasoning` alone is a part of `output`.
struct TokenCounts {
  std::int64_t input = 0;  // fresh, without any cache
  std::int64_t cache_read = 0;
  std::int64_t cache_write_5m = 0;
  std::int64_t cache_write_1h = 0;
  std::int64_t output = 0;  // reasoning included
  std::int64_t reasoning = 0;

  bool operator==(const TokenCounts&) const = default;
};

// Pico-USD per token, after tier and defaults: nothing here is negative.
struct TokenPrices {
  std::int64_t input_pico_usd = 0;
  std::int64_t output_pico_usd = 0;
  std::int64_t cache_read_pico_usd = 0;
  std::int64_t cache_write_5m_pico_usd = 0;
  std::int64_t cache_write_1h_pico_usd = 0;

  bool operator==(const TokenPrices&) const = default;
};

// A list's price: above so many tokens of input the tier's figures hold for the whole request.
struct TieredPrices {
  TokenPrices base;
  std::int64_t tier_above_input_tokens = 0;  // 0 = no tier
  TokenPrices tier;

  const TokenPrices& For(const TokenCounts& tokens) const;

  bool operator==(const TieredPrices&) const = default;
};

inline constexpr std::int64_t kPpmOne = 1'000'000;  // a multiplier of 1.0

// Sum of counts times prices times the multiplier, rounded once, half up, to nano-USD. Saturates at
// the largest int64 instead of overflowing. Negative counts count as 0.
std::int64_t CostNanoUsd(const TokenCounts& tokens, const TokenPrices& prices,
                         std::int64_t multiplier_ppm);

// All tokens that went in: what a price tier is chosen by. Saturates, and counts negative ones as
// 0, as CostNanoUsd does.
std::int64_t TotalInputTokens(const TokenCounts& tokens);

}  // namespace weir
