#include "services/relay/dialects/json_cursor.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(JsonCursor, FindsMembersOfTheOutermostObjectAlone) {
  const std::string json =
      R"( {"a":{"b":1,"c":"}"},"b" : [1,{"b":"\"]"}] ,"c":"x\\","d":null,"e":-1.5e3} )";
  EXPECT_EQ(MemberValue(json, "a"), R"({"b":1,"c":"}"})");
  EXPECT_EQ(MemberValue(json, "b"), R"([1,{"b":"\"]"}])");
  EXPECT_EQ(MemberValue(json, "c"), R"("x\\")");
  EXPECT_EQ(MemberValue(json, "d"), "null");
  EXPECT_EQ(MemberValue(json, "e"), "-1.5e3");
  EXPECT_EQ(MemberValue(json, "f"), "");
  EXPECT_EQ(MemberValue("[1]", "a"), "");
  EXPECT_EQ(MemberValue(R"({"a" 1})", "a"), "");
  EXPECT_EQ(TextInside(R"("x\\")"), R"(x\\)");
  EXPECT_EQ(TextInside("null"), "");
  EXPECT_EQ(TextInside("\""), "");
}

TEST(JsonCursor, ReadsTheStartOfAStringAlone) {
  const auto start = [](std::string_view json, std::size_t bytes_max) {
    JsonCursor cursor(json);
    const std::string_view text = cursor.StringStart(bytes_max);
    EXPECT_EQ(cursor.rest(), text.empty() && !json.starts_with('"') ? json : "") << json;
    return text;
  };
  EXPECT_EQ(start(R"("abc","d")", 8), "abc");
  EXPECT_EQ(start(R"("abc","d")", 3), "abc");
  EXPECT_EQ(start(R"("abc","d")", 2), "ab");
  EXPECT_EQ(start(R"("a\"c","d")", 8), R"(a\"c)");
  EXPECT_EQ(start(R"("a\"c","d")", 2), "a\\");
  EXPECT_EQ(start(R"("abc)", 8), "abc");
  EXPECT_EQ(start("1", 8), "");
}

TEST(JsonCursor, AnyCutEnds) {
  const std::string json = R"({"a":[{"b":"c\"d"}],"e":{"f":[1,2,[3]]},"g":"h"})";
  for (std::size_t size = 0; size <= json.size(); ++size) {
    const std::string cut(json.substr(0, size));  // of its own, so that no byte more is seen
    const std::string_view value = MemberValue(cut, "g");
    EXPECT_TRUE(std::string_view(R"("h")").starts_with(value)) << cut << " gave " << value;
  }
  const std::string deep(100'000, '[');
  EXPECT_NO_FATAL_FAILURE(MemberValue(R"({"a":)" + deep, "b"));
}

}  // namespace
}  // namespace weir::relay
