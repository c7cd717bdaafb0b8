#include "libs/common/json_text.h"

#include <random>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace weir {
namespace {

std::string Written(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

// What a JSON reader makes of it; fails the test when it is no JSON.
std::string ReadBack(std::string_view json) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
  EXPECT_FALSE(error) << json;
  if (error || !value.is_string()) return "(no string)";
  return std::string(value.as_string().c_str(), value.as_string().size());
}

TEST(JsonTextTest, EveryByteAloneMakesValidJson) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(ReadBack(Written(text)), byte < 0x80 ? text : "\xEF\xBF\xBD") << byte;
  }
}

TEST(JsonTextTest, ValidTextReadsBackTheSame) {
  const std::string text = "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f ü 漢 \xF0\x9F\x98\x80 \xEF\xBF\xBF";
  EXPECT_EQ(ReadBack(Written(text)), text);
  const std::string nul("a\0b", 3);
  EXPECT_EQ(ReadBack(Written(nul)), nul);
  EXPECT_EQ(Written(""), "\"\"");
}

TEST(JsonTextTest, ControlCharactersNeverStandBare) {
  for (const char c : Written(std::string("\x00\x01\n\r\t\x1b\x7f", 7))) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_NE(c, '\x7f');
  }
}

TEST(JsonTextTest, BrokenUtf8IsReplaced) {
  EXPECT_EQ(ReadBack(Written("x\xC0\xAFy")), "x\xEF\xBF\xBD\xEF\xBF\xBDy");  // overlong '/'
  EXPECT_EQ(ReadBack(Written("\xED\xA0\x80")), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(ReadBack(Written("\xE2\x82")), "\xEF\xBF\xBD\xEF\xBF\xBD");  // cut off
  EXPECT_EQ(ReadBack(Written("\xE2\x82\"")), "\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(ReadBack(Written("\xF4\x90\x80\x80")).size(), 12U);  // above U+10FFFF
}

TEST(JsonTextTest, RandomBytesMakeValidJson) {
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    std::string text(random() % 24, '\0');
    for (char& c : text) c = static_cast<char>(random());
    ReadBack(Written(text));
  }
}

}  // namespace
}  // namespace weir
