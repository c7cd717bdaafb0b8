// From a price as lists tell it to what a request is charged: the relay does so when a request
// ends, usage when it is rated again.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "libs/common/cost.h"

namespace weir {

// A price as lists tell it: pico-USD per token, negative = not priced apart.
struct ListedPrices {
  std::int64_t input_pico_usd = 0;
  std::int64_t output_pico_usd = 0;
  std::int64_t cache_read_pico_usd = -1;
  std::int64_t cache_write_5m_pico_usd = -1;
  std::int64_t cache_write_1h_pico_usd = -1;
  std::int64_t tier_above_input_tokens = 0;
  std::int64_t tier_input_pico_usd = -1;
  std::int64_t tier_output_pico_usd = -1;
  std::int64_t tier_cache_read_pico_usd = -1;
  std::int64_t tier_cache_write_5m_pico_usd = -1;
  std::int64_t tier_cache_write_1h_pico_usd = -1;
};

// Fills in what is not priced apart. Below the tier: the input's price. In the tier: input and
// output stay; what has to do with the cache keeps its relation to the input's price, as providers
// price it (a write of 1.25 times the input is one in the tier too). InvalidArgument: input or
// output or the tier's bound is negative.
absl::StatusOr<TieredPrices> CompletePrices(const ListedPrices& listed);

// What a request is charged.
struct Charge {
  TokenPrices prices;              // with the tier looked at
  std::int64_t cost_nano_usd = 0;  // at most kCostNanoUsdMax
  bool cut = false;                // it would have been more: the ledger refuses such an event
};

Charge ChargeFor(const TieredPrices& prices, const TokenCounts& tokens,
                 std::int64_t multiplier_ppm);

}  // namespace weir
