#include "services/relay/translate/neutral/json_check.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(JsonCheck, WhatIsJson) {
  for (const std::string_view text :
       {"{}", "[]", " [ 1 , -0.5e+7, 0, 10E-2 ]\n", R"({"a":{"b":[true,false,null,"\u00e9\"\\"]}})",
        R"("")", "1e999", "123456789012345678901234567890", R"({"a":1,"a":2})", R"("\ud83d")",
        "\"\xC3\xA9\"", R"({"a":"a text that is longer than one step \n of the search"})"}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
}

TEST(JsonCheck, WhatIsNot) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1",
                                      "{]",
                                      "[}",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      R"({"a"})",
                                      R"({"a":})",
                                      R"({"a":1,})",
                                      R"({a:1})",
                                      R"({"a":1 "b":2})",
                                      R"({"a"::1})",
                                      R"({1:2})",
                                      "{}{}",
                                      "1 2",
                                      "tru",
                                      "truE",
                                      "nulll",
                                      "01",
                                      "-",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "+1",
                                      "0x1",
                                      "NaN",
                                      "'a'",
                                      "\"a",
                                      R"("\q")",
                                      R"("\u12")",
                                      R"("\u12g4")",
                                      R"("\)",
                                      "\"a\nb\"",
                                      "// a\n1"}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
  EXPECT_FALSE(IsJson(std::string_view("1\0", 2)));
  EXPECT_FALSE(IsJson(std::string_view("\"\0\"", 3)));
}

TEST(JsonCheck, DepthIsBounded) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_TRUE(IsJson(nested(512)));
  EXPECT_FALSE(IsJson(nested(513)));
  EXPECT_FALSE(IsJson(std::string(1'000'000, '[')));
}

TEST(JsonCheck, Objects) {
  EXPECT_TRUE(IsJsonObject(" {\"a\":1} "));
  EXPECT_FALSE(IsJsonObject("[]"));
  EXPECT_FALSE(IsJsonObject("{\"a\":1"));
}

TEST(JsonCheck, Escapes) {
  for (const std::string_view text : {"", "a", R"(\n)", R"(a\"b\\)", R"(\u00E9x)", R"(\/)"}) {
    EXPECT_TRUE(HasWholeEscapes(text)) << text;
  }
  for (const std::string_view text : {R"(\)", R"(a\q)", R"(\\\)", R"(\u00)", R"(\u00x9)"}) {
    EXPECT_FALSE(HasWholeEscapes(text)) << text;
  }
}

// Texts are looked at in blocks; an escape may stand on the edge of one.
TEST(JsonCheck, EscapesInLongTexts) {
  for (std::size_t before = 0; before < 150; ++before) {
    const std::string head = std::string(before, 'x');
    for (const std::size_t behind : {0U, 3U, 80U, 300U}) {
      const std::string tail = std::string(behind, 'y') + R"(\\n)";
      for (const std::string_view whole : {R"(\\)", R"(\n\"\\)", R"(\u00e9\u00E9)", R"(\\u12)"}) {
        EXPECT_TRUE(HasWholeEscapes(head + std::string(whole) + tail)) << before << whole;
      }
      for (const std::string_view broken : {R"(\q)", R"(\\\q)", R"(\u12x)", R"(\n\x)"}) {
        EXPECT_FALSE(HasWholeEscapes(head + std::string(broken) + tail)) << before << broken;
      }
    }
    EXPECT_FALSE(HasWholeEscapes(head + "\\"));
  }
}

}  // namespace
}  // namespace weir::relay
