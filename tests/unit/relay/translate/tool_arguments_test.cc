#include "services/relay/translate/neutral/tool_arguments.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay {
namespace {

std::string Unescaped(std::string_view text) {
  std::string out;
  AppendUnescaped(text, out);
  return out;
}

std::string AsObject(std::string_view text, bool escaped) {
  std::string out;
  AppendAsObject({text, escaped}, out);
  return out;
}

TEST(ToolArguments, EscapesAreDecoded) {
  EXPECT_EQ(Unescaped(R"(a\"b\\c\/d\n\t\r\b\f)"), "a\"b\\c/d\n\t\r\b\f");
  EXPECT_EQ(Unescaped(R"(\u0041\u00e9\u20AC)"), "A\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(Unescaped(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
}

TEST(ToolArguments, BrokenEscapesDoNoHarm) {
  EXPECT_EQ(Unescaped(R"(\ud83d)"), "\xEF\xBF\xBD");
  EXPECT_EQ(Unescaped(R"(\ud83dx)"), "\xEF\xBF\xBDx");
  EXPECT_EQ(Unescaped(R"(\u12)"), "\\u12");
  EXPECT_EQ(Unescaped(R"(\q)"), "\\q");
  EXPECT_EQ(Unescaped("a\\"), "a");
}

TEST(ToolArguments, BecomeAnObject) {
  EXPECT_EQ(AsObject(R"({"a":1})", false), R"({"a":1})");
  EXPECT_EQ(AsObject(R"([1])", false), R"({"_raw":"[1]"})");
  EXPECT_EQ(AsObject(R"({\"a\":\"\\n\"})", true), R"({"a":"\n"})");
  EXPECT_EQ(AsObject("", true), "{}");
  EXPECT_EQ(AsObject(" ", true), "{}");
  EXPECT_EQ(AsObject(R"({\"a\":)", true), R"({"_raw":"{\"a\":"})");
  EXPECT_EQ(AsObject("sunny", true), R"({"_raw":"sunny"})");
}

TEST(ToolArguments, BecomeText) {
  std::string out;
  AppendAsText({R"({"a":"\n"})", false}, out);
  EXPECT_EQ(out, R"("{\"a\":\"\\n\"}")");
}

TEST(JsonBalance, ClosesWithTheObject) {
  const std::string text = R"({\"a\":[\"}]\\\"\",{}]})";
  JsonBalance whole;
  whole.Feed(text);
  EXPECT_TRUE(whole.closed());
  JsonBalance open;
  EXPECT_FALSE(open.closed());
  open.Feed(text.substr(0, text.size() - 1));
  EXPECT_FALSE(open.closed());
}

TEST(ToolNames, LongOnesComeBackWhole) {
  ToolNames names;
  const std::string name(100, 'a');
  const std::string other = name + "b";
  EXPECT_EQ(names.Shorten("short", 64), "short");
  const std::string made(names.Shorten(name, 64));
  const std::string made_other(names.Shorten(other, 64));
  EXPECT_EQ(made.size(), 64);
  EXPECT_NE(made, made_other);
  EXPECT_EQ(names.Shorten(name, 64), made);
  EXPECT_EQ(names.Original(made), name);
  EXPECT_EQ(names.Original(made_other), other);
  EXPECT_EQ(names.Original("short"), "short");
}

}  // namespace
}  // namespace weir::relay
