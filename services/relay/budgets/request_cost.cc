#include "services/relay/budgets/request_cost.h"

#include <algorithm>
#include <limits>

namespace weir::relay {
namespace {

constexpr std::int64_t kCostMax = 1'000'000'000'000'000;  // a million USD; as in settle.cc

}  // namespace

std::int64_t InputTokensBound(std::int64_t estimated_tokens, std::int64_t bytes,
                              std::int64_t non_ascii_bytes) {
  constexpr std::int64_t kAroundTokens = 512;       // what providers add: frames, words about tools
  constexpr std::int64_t kMediaBytesPerToken = 64;  // documents count by the page
  return estimated_tokens + estimated_tokens / 3 + non_ascii_bytes / 6 +
         bytes / kMediaBytesPerToken + kAroundTokens;
}

std::int64_t InputTokensBound(std::int64_t estimated_tokens) {
  constexpr std::int64_t kBytesPerToken = 4;
  return InputTokensBound(estimated_tokens, estimated_tokens * kBytesPerToken, 0);
}

void Tariff::Add(const Price& price, std::int64_t input_tokens) {
  AddPrices(price.prices.base);
  const bool tier = price.prices.tier_above_input_tokens > 0;
  if (tier && input_tokens > price.prices.tier_above_input_tokens) AddPrices(price.prices.tier);
}

void Tariff::AddPrices(const TokenPrices& prices) {
  input_pico_usd_ = std::max({input_pico_usd_, prices.input_pico_usd, prices.cache_read_pico_usd,
                              prices.cache_write_5m_pico_usd, prices.cache_write_1h_pico_usd});
  output_pico_usd_ = std::max(output_pico_usd_, prices.output_pico_usd);
}

std::int64_t Tariff::CostNanoUsd(std::int64_t input_tokens, std::int64_t output_tokens) const {
  const TokenCounts tokens{.input = input_tokens, .output = output_tokens};
  const TokenPrices prices{.input_pico_usd = input_pico_usd_, .output_pico_usd = output_pico_usd_};
  // Rounded half up; one more makes it a bound.
  return std::min(weir::CostNanoUsd(tokens, prices, multiplier_ppm_), kCostMax - 1) + 1;
}

std::int64_t Tariff::OutputTokensFor(std::int64_t nano_usd, std::int64_t input_tokens) const {
  const std::int64_t left = nano_usd - CostNanoUsd(input_tokens, 0);
  if (left < 0) return 0;
  __extension__ using Wide = unsigned __int128;
  const Wide price_ppm = static_cast<Wide>(output_pico_usd_) * static_cast<Wide>(multiplier_ppm_);
  if (price_ppm == 0) return std::numeric_limits<std::int32_t>::max();
  constexpr Wide kPicoPpmPerNano = Wide{1000} * static_cast<Wide>(kPpmOne);
  const Wide tokens = static_cast<Wide>(left) * kPicoPpmPerNano / price_ppm;
  constexpr auto kTokensMax = static_cast<Wide>(std::numeric_limits<std::int32_t>::max());
  return static_cast<std::int64_t>(std::min(tokens, kTokensMax));
}

}  // namespace weir::relay
