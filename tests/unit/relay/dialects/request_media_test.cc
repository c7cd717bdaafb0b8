#include "services/relay/dialects/request_media.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::kAnthropic;
using testing::Scan;

std::int64_t EstimatedTokens(std::string_view body) { return MeasureBody(body).estimated_tokens; }

TEST(MeasureBodyTest, PicturesAreNotCountedByTheirBytes) {
  EXPECT_EQ(EstimatedTokens(std::string(400, 'x')), 100);
  const std::string media(1 << 20, 'A');
  const std::string url = R"({"url":"data:image/png;base64,)" + media + R"("})";
  const std::string block =
      R"({"source":{"type":"base64","media_type":"image/png","data":")" + media + R"("}})";
  for (const std::string& body : {url, block}) {
    EXPECT_GE(EstimatedTokens(body), 1600);
    EXPECT_LE(EstimatedTokens(body), 1650);
    EXPECT_LE(EstimatedTokens(body + "," + body), 3300);
  }
  EXPECT_EQ(EstimatedTokens("base64"), 2);
}

TEST(MeasureBodyTest, APictureIsFoundWhereverItStands) {
  const std::string media = R"(base64,)" + std::string(4'000, 'A') + '"';
  for (std::size_t before = 0; before < 200; ++before) {
    // Full of what looks like the mark to a quick look.
    std::string text;
    while (text.size() < before) text += "b....4base";
    text.resize(before);
    const std::int64_t expected = 1'600 + (static_cast<std::int64_t>(before) + 8 + 3) / 4;
    EXPECT_NEAR(static_cast<double>(EstimatedTokens(text + media)), static_cast<double>(expected),
                2)
        << before;
  }
}

TEST(MeasureBodyTest, APictureStandsWithinTenStringsOfAnyMark) {
  const std::string media = std::string(4'000, 'A') + '"';
  const auto tokens = [&media](std::string_view before) {
    return EstimatedTokens(StrCat(before, media));
  };
  const auto with_picture = [](std::size_t bytes) {
    return 1'600 + (static_cast<std::int64_t>(bytes) + 3) / 4;
  };
  const std::string nine_ends(9, '"');
  EXPECT_EQ(tokens("base64" + nine_ends), with_picture(16));
  EXPECT_EQ(tokens("base64" + nine_ends + '"'), (17 + 4'000 + 3) / 4);
  // A mark on the way counts anew, behind it and at its own place.
  EXPECT_EQ(tokens("base64" + nine_ends + "base64" + nine_ends), with_picture(31));
  EXPECT_EQ(tokens("base64\"\"base64,base64" + nine_ends), with_picture(31));
  EXPECT_EQ(tokens("base64" + nine_ends + "\"base64" + nine_ends), with_picture(32));
  // The text is long only together with what stands before the mark in it.
  const std::string text = std::string(2'000, 'x') + "base64" + std::string(100, 'x');
  EXPECT_EQ(EstimatedTokens(text), (2'106 + 3) / 4);
  EXPECT_EQ(EstimatedTokens("base64\"" + text), with_picture(7));
}

TEST(MeasureBodyTest, ABodyFullOfMarksIsText) {
  constexpr std::size_t kBytes = 8 << 20;
  // Strings just too short for a picture.
  std::string marks;
  while (marks.size() < 2'040) marks += "base64";
  std::string body;
  while (body.size() < kBytes) body += '"' + marks;
  EXPECT_EQ(EstimatedTokens(body), static_cast<std::int64_t>(body.size() + 3) / 4);
  // And one picture at the end of it.
  EXPECT_EQ(EstimatedTokens(StrCat(body, "\"", std::string(4'000, 'A'))),
            1'600 + static_cast<std::int64_t>(body.size() + 1 + 3) / 4);
}

// Before marks, behind them, within media and around all edges of blocks.
TEST(MeasureBodyTest, EachByteThatIsNotAsciiIsCountedOnce) {
  std::mt19937 random(7);
  const std::string long_text = std::string(2'100, 'A') + "\xc3\xa9" + std::string(100, 'A');
  const std::array<std::string_view, 8> pieces = {"base64",
                                                  "\"",
                                                  "b....4",
                                                  "\xe4\xb8\xad\xe6\x96\x87",
                                                  "plain text of some length; ",
                                                  "\"inlineData\"",
                                                  long_text,
                                                  "\xc3\xa9"};
  for (int i = 0; i < 2'000; ++i) {
    std::string body;
    for (auto left = random() % 40; left > 0; --left) body += pieces[random() % pieces.size()];
    const auto not_ascii = std::count_if(body.begin(), body.end(), [](char c) { return c < 0; });
    ASSERT_EQ(MeasureBody(body).non_ascii_bytes, not_ascii) << body;
    ASSERT_EQ(MeasureGeminiBody(body).non_ascii_bytes, not_ascii) << body;
  }
}

bool Media(std::string_view messages) {
  // As in memory that is the relay's: 64 bytes behind the end belong to it.
  std::string body = StrCat(R"({"model":"m","messages":)", messages, R"(,"x":"\"image\""})");
  body.reserve(body.size() + 64);
  const absl::StatusOr<RequestFacts> facts = Scan(kAnthropic, body);
  EXPECT_TRUE(facts.ok()) << facts.status();
  return facts.ok() && HasMedia(*facts, body);
}

TEST(HasMediaTest, FindsPartsOfEachKind) {
  EXPECT_TRUE(Media(R"([{"role":"user","content":[{"type":"image","source":{}}]}])"));
  EXPECT_TRUE(Media(R"([{"content":[{"text":"x","type":"text"},{"source":{"type":"base64"},)"
                    R"("type":"document"}],"role":"user"}])"));
  EXPECT_TRUE(
      Media(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}])"));
  EXPECT_TRUE(Media(R"([{"role":"user","content":[{"type":"file","file":{}}]}])"));
  EXPECT_TRUE(Media(R"([{"role":"user","content":"a"},{"role":"user","content":[)"
                    R"({"type":"tool_result","content":[{"type":"image"}]}]}])"));
}

TEST(HasMediaTest, IsNotFooledByWords) {
  EXPECT_FALSE(Media(R"([{"role":"user","content":"an image"}])"));
  EXPECT_FALSE(Media(R"([{"role":"user","content":"\"image\""}])"));
  EXPECT_FALSE(Media(R"([{"role":"user","content":[{"type":"text","text":"image"}]}])"));
  EXPECT_FALSE(Media(R"([{"role":"assistant","content":[{"type":"tool_use","input":)"
                     R"({"type":"image"}}]}])"));
  EXPECT_FALSE(Media(R"([])"));
  EXPECT_FALSE(Media(R"("image")"));
  EXPECT_FALSE(Media(R"(["image", 5, null, {"content":{"type":"image"}}])"));
}

// An image under so many levels of content.
std::string Nested(std::size_t levels) {
  std::string messages = "[";
  for (std::size_t i = 0; i < levels; ++i) messages += R"({"content":[)";
  messages += R"({"type":"image"})";
  for (std::size_t i = 0; i < levels; ++i) messages += "]}";
  return messages + "]";
}

TEST(HasMediaTest, LooksNoDeeperThanAToolResult) {
  EXPECT_TRUE(Media(Nested(1)));
  EXPECT_TRUE(Media(Nested(2)));
  EXPECT_FALSE(Media(Nested(3)));
  EXPECT_FALSE(Media(Nested(300'000)));
  // What is too deep is passed over, not the end of the search.
  const std::string deep = Nested(300'000);
  EXPECT_TRUE(Media(StrCat(deep.substr(0, deep.size() - 1), ",", Nested(1).substr(1))));
}

}  // namespace
}  // namespace weir::relay
