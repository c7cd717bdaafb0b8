#include "libs/common/text.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TextTest, JoinsTextsAndIntegers) {
  const std::string owned = "b";
  EXPECT_EQ(StrCat("a", owned, std::string_view("c"), 'd', absl::string_view("e"), 1, -2, 3U),
            "abcde1-23");
  EXPECT_EQ(StrCat(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(StrCat(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(StrCat(), "");
}

TEST(TextTest, ParsesWholeIntegersOnly) {
  std::int64_t number = 7;
  EXPECT_TRUE(ParseInteger("-9223372036854775808", number));
  EXPECT_EQ(number, std::numeric_limits<std::int64_t>::min());
  for (const char* wrong : {"", "+1", " 1", "1 ", "1x", "0x1", "1.0", "-", "--1",
                            "9223372036854775808", "-9223372036854775809"}) {
    EXPECT_FALSE(ParseInteger(wrong, number)) << wrong;
  }
  int small = 0;
  EXPECT_FALSE(ParseInteger("2147483648", small));
  unsigned natural = 0;
  EXPECT_FALSE(ParseInteger("-1", natural));
  EXPECT_FALSE(ParseInteger(std::string_view("1\0", 2), small));
}

TEST(TextTest, DecodesPercentSigns) {
  EXPECT_EQ(PercentDecode("a%40B%3a%25"), "a@B:%");
  EXPECT_EQ(PercentDecode(""), "");
  for (const std::string_view broken : {"%", "%4", "%4g", "a%zz"}) {
    EXPECT_EQ(PercentDecode(broken), std::nullopt) << broken;
  }
}

TEST(TextTest, ComparesWithoutCaseInAsciiOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("Content-Length", "cONTENT-lENGTH"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));  // 0x40 and 0x60: no letters
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoreCase("\xC4", "\xE4"));
  EXPECT_EQ(ToLower("ÄB-Z_"), "Äb-z_");
  EXPECT_EQ(ToUpper("äb-z{"), "äB-Z{");
}

TEST(TextTest, ComparesEachLetterOfAnySize) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string lower(size, 'q');
    EXPECT_TRUE(EqualsIgnoreCase(lower, std::string(size, 'Q'))) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = lower;
      for (const char c : {'r', 'R', '1', '\x11', '\xF1'}) {
        other[at] = c;
        EXPECT_FALSE(EqualsIgnoreCase(lower, other)) << size << " at " << at;
      }
      other[at] = '{';
      std::string bracket = lower;
      bracket[at] = '[';
      EXPECT_FALSE(EqualsIgnoreCase(bracket, other)) << size << " at " << at;
      bracket[at] = '{';
      EXPECT_TRUE(EqualsIgnoreCase(bracket, other)) << size << " at " << at;
    }
  }
}

TEST(TextTest, StripsAndSplits) {
  EXPECT_EQ(StripSpace(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(StripSpace("  "), "");
  EXPECT_EQ(StripSpace(""), "");
  EXPECT_THAT(Split("", ','), IsEmpty());
  EXPECT_THAT(Split("a", ','), ElementsAre("a"));
  EXPECT_THAT(Split(",a,,b,", ','), ElementsAre("", "a", "", "b", ""));
  EXPECT_EQ(ReplaceAll("a_b_c", '_', '-'), "a-b-c");
}

}  // namespace
}  // namespace weir
