// What a request may cost at most, before it runs. Pure arithmetic.
#pragma once

#include <cstdint>

#include "libs/common/cost.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// More tokens than go in with a body of `bytes`, as far as that can be told without the model's
// tokenizer: `estimated_tokens` is four bytes a token; here it is three, two where the text is not
// ASCII, and something for what providers put around it. Text of nothing but digits can still be
// more.
std::int64_t InputTokensBound(std::int64_t estimated_tokens, std::int64_t bytes,
                              std::int64_t non_ascii_bytes);

// For text of so many tokens that is not at hand.
std::int64_t InputTokensBound(std::int64_t estimated_tokens);

// The same for what came out: two bytes a token.
inline std::int64_t OutputTokensBound(std::uint64_t text_bytes) {
  return static_cast<std::int64_t>(text_bytes / 2);
}

// The dearest of several prices, with which a request is reserved before it is known who serves
// it. Pico-USD per token.
class Tariff {
 public:
  explicit Tariff(std::int64_t multiplier_ppm) : multiplier_ppm_(multiplier_ppm) {}

  // `input_tokens`: at most so many go in; decides whether the price's tier may apply.
  void Add(const Price& price, std::int64_t input_tokens);

  std::int64_t CostNanoUsd(std::int64_t input_tokens, std::int64_t output_tokens) const;
  // How many output tokens `nano_usd` pays for besides the input; 0 when not even that.
  std::int64_t OutputTokensFor(std::int64_t nano_usd, std::int64_t input_tokens) const;

  bool free() const { return input_pico_usd_ == 0 && output_pico_usd_ == 0; }

 private:
  void AddPrices(const TokenPrices& prices);

  std::int64_t input_pico_usd_ = 0;
  std::int64_t output_pico_usd_ = 0;
  std::int64_t multiplier_ppm_;
};

}  // namespace weir::relay
