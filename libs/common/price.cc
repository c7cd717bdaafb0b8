#include "libs/common/price.h"

#include <algorithm>
#include <limits>

#include "libs/common/cost_bound.h"

namespace weir {
namespace {

__extension__ using Wide = unsigned __int128;

std::int64_t OrElse(std::int64_t value, std::int64_t instead) {
  return value < 0 ? instead : value;
}

// `price` × `tier_input` / `input`, rounded half up; the tier's own figure where there is one.
std::int64_t InTier(std::int64_t told, std::int64_t price, std::int64_t input,
                    std::int64_t tier_input) {
  if (told >= 0) return told;
  if (input == 0) return std::max(price, tier_input);
  const auto divisor = static_cast<Wide>(input);
  const Wide scaled =
      (static_cast<Wide>(price) * static_cast<Wide>(tier_input) + divisor / 2) / divisor;
  return static_cast<std::int64_t>(
      std::min(scaled, static_cast<Wide>(std::numeric_limits<std::int64_t>::max())));
}

}  // namespace

absl::StatusOr<TieredPrices> CompletePrices(const ListedPrices& listed) {
  if (listed.input_pico_usd < 0) {
    return absl::InvalidArgumentError("input_pico_usd must not be negative");
  }
  if (listed.output_pico_usd < 0) {
    return absl::InvalidArgumentError("output_pico_usd must not be negative");
  }
  if (listed.tier_above_input_tokens < 0) {
    return absl::InvalidArgumentError("tier_above_input_tokens must not be negative");
  }
  const std::int64_t input = listed.input_pico_usd;
  TieredPrices prices;
  prices.base = {.input_pico_usd = input,
                 .output_pico_usd = listed.output_pico_usd,
                 .cache_read_pico_usd = OrElse(listed.cache_read_pico_usd, input),
                 .cache_write_5m_pico_usd = OrElse(listed.cache_write_5m_pico_usd, input),
                 .cache_write_1h_pico_usd = OrElse(listed.cache_write_1h_pico_usd, input)};
  prices.tier_above_input_tokens = listed.tier_above_input_tokens;
  if (prices.tier_above_input_tokens == 0) return prices;
  const TokenPrices& base = prices.base;
  const std::int64_t tier_input = OrElse(listed.tier_input_pico_usd, input);
  const auto in_tier = [&](std::int64_t told, std::int64_t price) {
    return InTier(told, price, input, tier_input);
  };
  prices.tier = {
      .input_pico_usd = tier_input,
      .output_pico_usd = OrElse(listed.tier_output_pico_usd, base.output_pico_usd),
      .cache_read_pico_usd = in_tier(listed.tier_cache_read_pico_usd, base.cache_read_pico_usd),
      .cache_write_5m_pico_usd =
          in_tier(listed.tier_cache_write_5m_pico_usd, base.cache_write_5m_pico_usd),
      .cache_write_1h_pico_usd =
          in_tier(listed.tier_cache_write_1h_pico_usd, base.cache_write_1h_pico_usd)};
  return prices;
}

Charge ChargeFor(const TieredPrices& prices, const TokenCounts& tokens,
                 std::int64_t multiplier_ppm) {
  Charge charge{.prices = prices.For(tokens)};
  const std::int64_t cost = CostNanoUsd(tokens, charge.prices, multiplier_ppm);
  charge.cut = cost > kCostNanoUsdMax;
  charge.cost_nano_usd = std::min(cost, kCostNanoUsdMax);
  return charge;
}

}  // namespace weir
