// The cost against long division done digit by digit, where nothing can overflow.
#include "libs/common/cost.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// A natural number of any size: digits to the base 2^32, the smallest first.
class BigNatural {
 public:
  explicit BigNatural(std::int64_t value) {
    const auto rest = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
    digits_ = {static_cast<std::uint32_t>(rest), static_cast<std::uint32_t>(rest >> 32)};
  }

  BigNatural operator+(const BigNatural& other) const {
    BigNatural sum(0);
    sum.digits_.assign(std::max(digits_.size(), other.digits_.size()) + 1, 0);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < sum.digits_.size(); ++i) {
      carry += Digit(i) + std::uint64_t{other.Digit(i)};
      sum.digits_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return sum;
  }

  BigNatural operator*(const BigNatural& other) const {
    BigNatural product(0);
    product.digits_.assign(digits_.size() + other.digits_.size() + 1, 0);
    for (std::size_t i = 0; i < digits_.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t k = 0; k < other.digits_.size() || carry != 0; ++k) {
        carry += product.digits_[i + k] + std::uint64_t{digits_[i]} * other.Digit(k);
        product.digits_[i + k] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
      }
    }
    return product;
  }

  // The whole part, or the largest int64 when it does not fit.
  std::int64_t DividedBy(std::uint32_t divisor) const {
    std::vector<std::uint32_t> quotient(digits_.size());
    std::uint64_t rest = 0;
    for (std::size_t i = digits_.size(); i-- > 0;) {
      rest = (rest << 32) | digits_[i];
      quotient[i] = static_cast<std::uint32_t>(rest / divisor);
      rest %= divisor;
    }
    for (std::size_t i = 2; i < quotient.size(); ++i) {
      if (quotient[i] != 0) return kMax;
    }
    const std::uint64_t low = (std::uint64_t{quotient[1]} << 32) | quotient[0];
    return low > static_cast<std::uint64_t>(kMax) ? kMax : static_cast<std::int64_t>(low);
  }

 private:
  std::uint32_t Digit(std::size_t i) const { return i < digits_.size() ? digits_[i] : 0; }
  std::vector<std::uint32_t> digits_;
};

std::int64_t Reference(const TokenCounts& t, const TokenPrices& p, std::int64_t ppm) {
  using Big = BigNatural;
  const Big pico = Big(t.input) * Big(p.input_pico_usd) + Big(t.output) * Big(p.output_pico_usd) +
                   Big(t.cache_read) * Big(p.cache_read_pico_usd) +
                   Big(t.cache_write_5m) * Big(p.cache_write_5m_pico_usd) +
                   Big(t.cache_write_1h) * Big(p.cache_write_1h_pico_usd);
  return (pico * Big(ppm) + Big(500'000'000)).DividedBy(1'000'000'000);
}

TEST(CostTest, IsTheSumOfItsParts) {
  // Claude Sonnet's list price: 3, 15, 0.30, 3.75 and 6 USD a million.
  const TokenPrices prices{3'000'000, 15'000'000, 300'000, 3'750'000, 6'000'000};
  const TokenCounts tokens{1'000, 10'000, 2'000, 3'000, 500, 200};
  EXPECT_EQ(CostNanoUsd(tokens, prices, kPpmOne),
            3'000'000 + 3'000'000 + 7'500'000 + 18'000'000 + 7'500'000);
  EXPECT_EQ(CostNanoUsd(tokens, prices, 1'500'000), 58'500'000);
  EXPECT_EQ(CostNanoUsd(tokens, prices, 0), 0);
}

TEST(CostTest, ReasoningIsPaidOnceAsOutput) {
  const TokenPrices prices{0, 1'000, 0, 0, 0};
  EXPECT_EQ(CostNanoUsd({0, 0, 0, 0, 7, 7}, prices, kPpmOne), 7);
}

TEST(CostTest, RoundsHalfUpOnceAtTheEnd) {
  const TokenPrices half{500, 500, 0, 0, 0};
  EXPECT_EQ(CostNanoUsd({1, 0, 0, 0, 0, 0}, half, kPpmOne), 1);
  EXPECT_EQ(CostNanoUsd({1, 0, 0, 0, 1, 0}, half, kPpmOne), 1);  // not 1 + 1
  EXPECT_EQ(CostNanoUsd({1, 0, 0, 0, 0, 0}, {499, 0, 0, 0, 0}, kPpmOne), 0);
  EXPECT_EQ(CostNanoUsd({1, 0, 0, 0, 0, 0}, {499, 0, 0, 0, 0}, 1'002'004), 0);
  EXPECT_EQ(CostNanoUsd({1, 0, 0, 0, 0, 0}, {499, 0, 0, 0, 0}, 1'002'005), 1);
}

TEST(CostTest, NegativeCountsAreNone) {
  const TokenPrices prices{1'000, 1'000, 1'000, 1'000, 1'000};
  EXPECT_EQ(CostNanoUsd({-5, 3, -1, -1, -1, 0}, prices, kPpmOne), 3);
  EXPECT_EQ(CostNanoUsd({5, 0, 0, 0, 0, 0}, prices, -1), 0);
}

TEST(CostTest, SaturatesInsteadOfWrapping) {
  const TokenCounts all{kMax, kMax, kMax, kMax, kMax, 0};
  const TokenPrices dear{kMax, kMax, kMax, kMax, kMax};
  EXPECT_EQ(CostNanoUsd(all, dear, kMax), kMax);
  EXPECT_EQ(CostNanoUsd(all, dear, kPpmOne), kMax);
  // Five products of 2^126 make more than 2^128, with a small multiplier too.
  EXPECT_EQ(CostNanoUsd(all, dear, 1), kMax);
  EXPECT_EQ(CostNanoUsd({kMax, 0, 0, 0, 0, 0}, {1'000, 0, 0, 0, 0}, kPpmOne), kMax);
}

TEST(CostTest, AgreesWithLongDivision) {
  std::mt19937_64 random(7);
  const auto any = [&random] {
    if (random() % 16 == 0) return kMax - static_cast<std::int64_t>(random() % 3);
    return static_cast<std::int64_t>((random() >> 1) >> (random() % 63));
  };
  for (int i = 0; i < 50'000; ++i) {
    const TokenCounts tokens{any(), any(), any(), any(), any(), 0};
    const TokenPrices prices{any(), any(), any(), any(), any()};
    const std::int64_t ppm = any();
    ASSERT_EQ(CostNanoUsd(tokens, prices, ppm), Reference(tokens, prices, ppm)) << "round " << i;
  }
}

TEST(TotalInputTokensTest, AddsWhatWentIn) {
  EXPECT_EQ(TotalInputTokens({1, 20, 300, 4'000, 50'000, 600'000}), 4'321);
  EXPECT_EQ(TotalInputTokens({kMax, kMax, 1, 1, 0, 0}), kMax);
  EXPECT_EQ(TotalInputTokens({-4, 5, 0, 0, 0, 0}), 5);
}

}  // namespace
}  // namespace weir
