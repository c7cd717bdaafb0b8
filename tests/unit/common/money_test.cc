#include "libs/common/money.h"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(MoneyTest, ReadsDecimals) {
  EXPECT_EQ(ParseUsd("12.5").value(), 12'500'000'000);
  EXPECT_EQ(ParseUsd("0").value(), 0);
  EXPECT_EQ(ParseUsd("0.000000001").value(), 1);
  EXPECT_EQ(ParseUsd("1.000000000000").value(), 1'000'000'000);  // zeros that say nothing
  EXPECT_EQ(ParseUsd("000000000000000000000000000001").value(), 1'000'000'000);
  EXPECT_EQ(ParseUsdPerMillion("3").value(), 3'000'000);
  EXPECT_EQ(ParseUsdPerMillion("0.25").value(), 250'000);
  EXPECT_EQ(ParseUsdPerMillion("0.000001").value(), 1);
  EXPECT_EQ(ParsePpm("1.25").value(), 1'250'000);
}

TEST(MoneyTest, ReadsTheLargestAndNothingAboveIt) {
  EXPECT_EQ(ParseUsd("9223372036.854775807").value(), kMax);
  EXPECT_FALSE(ParseUsd("9223372036.854775808").ok());
  EXPECT_FALSE(ParseUsd("9223372037").ok());
  EXPECT_EQ(ParseUsdPerMillion("9223372036854.775807").value(), kMax);
  EXPECT_FALSE(ParseUsdPerMillion("9223372036854.775808").ok());
  EXPECT_FALSE(ParseUsd(std::string(40, '9')).ok());
  EXPECT_FALSE(ParseUsd("18446744073.709551616").ok());  // 2^64: wraps to 0 when done carelessly
}

TEST(MoneyTest, RefusesWhatIsNoPlainDecimal) {
  const std::vector<std::string> wrong = {"",
                                          ".",
                                          "-1",
                                          "+1",
                                          "1e3",
                                          "0x10",
                                          " 1",
                                          "1 ",
                                          "1,5",
                                          "1.2.3",
                                          "1..2",
                                          "abc",
                                          "NaN",
                                          "inf",
                                          "1.0f",
                                          "$1",
                                          "1_000",
                                          "-0",
                                          "..",
                                          "\t1",
                                          "1\n",
                                          "٣",
                                          std::string("1\0", 2),
                                          std::string("1\0002", 3),
                                          "0.0000000001",
                                          "0.1234567891"};
  for (const std::string& text : wrong) EXPECT_FALSE(ParseUsd(text).ok()) << "'" << text << "'";
  EXPECT_FALSE(ParseUsdPerMillion("0.0000001").ok());
  EXPECT_FALSE(ParsePpm("0.0000001").ok());
}

TEST(MoneyTest, WritesWhatMatters) {
  EXPECT_EQ(FormatUsd(0), "0.00");
  EXPECT_EQ(FormatUsd(1'500'000'000), "1.50");
  EXPECT_EQ(FormatUsd(125), "0.000000125");
  EXPECT_EQ(FormatUsd(-125), "-0.000000125");
  EXPECT_EQ(FormatUsd(-2'000'000'000), "-2.00");
  EXPECT_EQ(FormatUsd(kMax), "9223372036.854775807");
  EXPECT_EQ(FormatUsd(kMin), "-9223372036.854775808");
  EXPECT_EQ(FormatUsdPerMillion(3'000'000), "3");
  EXPECT_EQ(FormatUsdPerMillion(250'000), "0.25");
  EXPECT_EQ(FormatPpm(1'000'000), "1");
  EXPECT_EQ(FormatPpm(0), "0");
}

TEST(MoneyTest, WhatIsWrittenReadsBackTheSame) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    // Of all magnitudes, not only of the largest.
    const auto value = static_cast<std::int64_t>((random() >> 1) >> (random() % 63));
    EXPECT_EQ(ParseUsd(FormatUsd(value)).value(), value);
    EXPECT_EQ(ParseUsdPerMillion(FormatUsdPerMillion(value)).value(), value);
    EXPECT_EQ(ParsePpm(FormatPpm(value)).value(), value);
  }
  EXPECT_EQ(ParseUsd(FormatUsd(kMax)).value(), kMax);
}

}  // namespace
}  // namespace weir
