// weir.v1.Price as a list tells it. A template, because this library knows no generated code.
#pragma once

#include "libs/common/price.h"

namespace weir {

template <typename PriceMessage>
ListedPrices ListedPricesOf(const PriceMessage& price) {
  return {.input_pico_usd = price.input_pico_usd(),
          .output_pico_usd = price.output_pico_usd(),
          .cache_read_pico_usd = price.cache_read_pico_usd(),
          .cache_write_5m_pico_usd = price.cache_write_5m_pico_usd(),
          .cache_write_1h_pico_usd = price.cache_write_1h_pico_usd(),
          .tier_above_input_tokens = price.tier_above_input_tokens(),
          .tier_input_pico_usd = price.tier_input_pico_usd(),
          .tier_output_pico_usd = price.tier_output_pico_usd(),
          .tier_cache_read_pico_usd = price.tier_cache_read_pico_usd(),
          .tier_cache_write_5m_pico_usd =
              price.has_tier_cache_write_5m_pico_usd() ? price.tier_cache_write_5m_pico_usd() : -1,
          .tier_cache_write_1h_pico_usd =
              price.has_tier_cache_write_1h_pico_usd() ? price.tier_cache_write_1h_pico_usd() : -1};
}

}  // namespace weir
