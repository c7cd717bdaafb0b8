#include "libs/common/cost.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

// 128 bits hold any int64 price times any int64 count four times over, but not five times.
__extension__ using Wide = unsigned __int128;

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

Wide Product(std::int64_t count, std::int64_t price) {
  return static_cast<Wide>(std::max<std::int64_t>(count, 0)) *
         static_cast<Wide>(std::max<std::int64_t>(price, 0));
}

}  // namespace

std::int64_t CostNanoUsd(const TokenCounts& tokens, const TokenPrices& prices,
                         std::int64_t multiplier_ppm) {
  constexpr auto kMax = static_cast<Wide>(kInt64Max);
  constexpr Wide kPicoPerNano = 1000;
  Wide pico = 0;
  for (const Wide part : {Product(tokens.input, prices.input_pico_usd),
                          Product(tokens.output, prices.output_pico_usd),
                          Product(tokens.cache_read, prices.cache_read_pico_usd),
                          Product(tokens.cache_write_5m, prices.cache_write_5m_pico_usd),
                          Product(tokens.cache_write_1h, prices.cache_write_1h_pico_usd)}) {
    pico = part > ~static_cast<Wide>(0) - pico ? ~static_cast<Wide>(0) : pico + part;
  }
  const auto ppm = static_cast<Wide>(std::max<std::int64_t>(multiplier_ppm, 0));
  if (ppm != 0 && pico > ~static_cast<Wide>(0) / ppm / 2) return static_cast<std::int64_t>(kMax);
  constexpr Wide kDivisor = kPicoPerNano * static_cast<Wide>(kPpmOne);
  const Wide nano = (pico * ppm + kDivisor / 2) / kDivisor;
  return static_cast<std::int64_t>(std::min(nano, kMax));
}

const TokenPrices& TieredPrices::For(const TokenCounts& tokens) const {
  const bool in_tier =
      tier_above_input_tokens > 0 && TotalInputTokens(tokens) > tier_above_input_tokens;
  return in_tier ? tier : base;
}

std::int64_t TotalInputTokens(const TokenCounts& tokens) {
  std::int64_t total = 0;
  for (const std::int64_t count :
       {tokens.input, tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h}) {
    const std::int64_t fresh = std::max<std::int64_t>(count, 0);
    total = fresh > kInt64Max - total ? kInt64Max : total + fresh;
  }
  return total;
}

}  // namespace weir
