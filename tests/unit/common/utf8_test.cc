#include "libs/common/utf8.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Utf8Test, TellsValidFromBroken) {
  for (const char* good : {"", "plain", "ü", "漢字", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF",
                           "\xEE\x80\x80", "\xED\x9F\xBF", "12345678ü", "1234567ü90"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82",
        "12345678\xC3", "a\xC3(b", "\xE2(\xA1"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

TEST(Utf8Test, MendedTextIsValidAndNoLonger) {
  std::mt19937 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 20, '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() : 'a' + random() % 26);
    const std::string whole = ValidUtf8(text);
    EXPECT_TRUE(IsValidUtf8(whole));
    EXPECT_EQ(whole.size(), text.size());  // one byte for each broken one
    if (IsValidUtf8(text)) {
      EXPECT_EQ(whole, text);
    }
    const std::size_t bytes_max = random() % 12;
    std::string cut;
    AssignValidUtf8(cut, text, bytes_max);
    EXPECT_TRUE(IsValidUtf8(cut));
    EXPECT_LE(cut.size(), bytes_max);
    EXPECT_EQ(whole.substr(0, cut.size()), cut);
    // Nothing is cut that would have had room.
    if (cut.size() + 4 <= bytes_max) {
      EXPECT_EQ(cut, whole);
    }
  }
}

}  // namespace
}  // namespace weir
