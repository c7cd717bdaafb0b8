#include "services/relay/dialects/json_member.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

struct Found {
  std::string value;
  bool complete = false;

  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& found) {
  return out << found.value << (found.complete ? " whole" : " cut");
}

Found Find(const std::vector<std::string_view>& parts, std::size_t bytes_max = 1'000) {
  JsonMemberFinder finder("usage", bytes_max);
  for (const std::string_view part : parts) {
    const std::unique_ptr<char[]> exact(new char[part.size()]);
    part.copy(exact.get(), part.size());
    finder.Feed({exact.get(), part.size()});
  }
  return {std::string(finder.value()), finder.complete()};
}

struct Case {
  std::string json;
  std::string value;
};

const std::vector<Case>& Corpus() {
  static const std::vector<Case> corpus = {
      {R"({"usage":{"a":1}})", R"({"a":1})"},
      {R"( { "usage" : { "a" : { "b" : [ { } ] } } , "z" : 1 } )",
       R"({ "a" : { "b" : [ { } ] } })"},
      {R"({"content":[{"usage":{"no":1}},{"usage":{"no":2}}],"usage":{"yes":1}})", R"({"yes":1})"},
      {R"({"text":"\"usage\":{\"no\":1}","usage":{"t":"}\"{"}})", R"({"t":"}\"{"})"},
      {R"({"text":"usage","x":{"no":1},"usage":null})", ""},
      {R"({"usage":{"first":1},"usage":{"last":2}})", R"({"last":2})"},
      {R"({"usage":"text","x":{"no":1}})", ""},
      {R"({"usage":[{"no":1}],"x":{"no":2}})", ""},
      {R"({"usage":7,"x":{"no":1}})", ""},
      {R"({"usage":true})", ""},
      {R"({"a":["usage",{"no":1}],"b":{"usage":{"no":1}}})", ""},
      {R"({"a":"\\","usage":{"b":"\\\""}})", R"({"b":"\\\""})"},
      {R"({"a":"\\\\\"","usage":{}})", "{}"},
      {R"({"xusage":{"no":1},"usagex":{"no":2},"Usage":{"no":3},"":{"no":4}})", ""},
      {R"({"\"usage":{"no":1},"us\"age":{"no":2},"usage\\":{"no":3}})", ""},
      {R"({})", ""},
      {R"({"a":{"b":{"c":{"d":[[[{"usage":{}}]]]}}},"usage":{"deep":[[[[]]]]}})",
       R"({"deep":[[[[]]]]})"},
      {"{\"a\":\"\xC3\xBC\xF0\x9F\x98\x80\",\"usage\":{\"\xC3\xBC\":1}}", "{\"\xC3\xBC\":1}"},
  };
  return corpus;
}

TEST(JsonMemberTest, FindsTheMemberOfTheOutermostObject) {
  for (const Case& item : Corpus()) {
    EXPECT_EQ(Find({item.json}), (Found{item.value, true})) << item.json;
  }
}

TEST(JsonMemberTest, CutsMakeNoDifference) {
  for (const Case& item : Corpus()) {
    const std::string_view all(item.json);
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
    EXPECT_EQ(Find(bytes), (Found{item.value, true})) << item.json;
    for (std::size_t a = 0; a <= all.size(); ++a) {
      for (std::size_t b = a; b <= all.size(); ++b) {
        ASSERT_EQ(Find({all.substr(0, a), all.substr(a, b - a), all.substr(b)}),
                  (Found{item.value, true}))
            << item.json << " cut at " << a << " and " << b;
      }
    }
  }
}

TEST(JsonMemberTest, IsNotCompleteBeforeTheLastBrace) {
  const std::string json = R"({"usage":{"a":"}"},"b":[1,{"c":2}]})";
  for (std::size_t cut = 0; cut < json.size(); ++cut) {
    EXPECT_FALSE(Find({std::string_view(json).substr(0, cut)}).complete) << cut;
  }
}

TEST(JsonMemberTest, AnObjectThatHasNotEndedIsNoValue) {
  EXPECT_EQ(Find({R"({"usage":{"a":1,"b":{"c":2})"}).value, "");
}

TEST(JsonMemberTest, HugeStringsPassBy) {
  std::string huge = "{\"text\":\"";
  for (int i = 0; i < 100'000; ++i) huge += "usage\\\":{\\\\ ";
  huge += "\",\"" + std::string(100'000, 'k') + "usage\":{\"no\":1},\"usage\":{\"yes\":1}}";
  EXPECT_EQ(Find({huge}), (Found{R"({"yes":1})", true}));
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < huge.size(); at += 61) {
    parts.push_back(std::string_view(huge).substr(at, 61));
  }
  EXPECT_EQ(Find(parts), (Found{R"({"yes":1})", true}));
}

TEST(JsonMemberTest, WhatIsTooLargeIsDropped) {
  const std::string large = R"({"usage":{"a":")" + std::string(5'000, 'x') + R"("},"b":1})";
  EXPECT_EQ(Find({large}, 1'000), (Found{"", true}));
  EXPECT_EQ(
      Find({R"({"usage":{"a":")", std::string(900, 'x'), std::string(900, 'y'), R"("}})"}, 1'000),
      (Found{"", true}));
}

TEST(JsonMemberTest, SurvivesWhatIsNoJson) {
  for (const char* text : {"", "]]]]{{{{", "}}}}", "\"", "\\\\\\", "{\"usage", "<html></html>",
                           "{\"usage\":{]}}", "null", "[1,2,\"usage\",{\"a\":1}]"}) {
    Find({text});
    EXPECT_EQ(Find({text}).value == R"({"a":1})", false) << text;
  }
}

}  // namespace
}  // namespace weir::relay
