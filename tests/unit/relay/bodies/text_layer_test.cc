#include "services/relay/bodies/text_layer.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TextLayer Undone(const TextLayer& layer) {
  TextLayer undone;
  undone.AppendUnescaped(layer, 0, layer.text().size());
  return undone;
}

TEST(TextLayer, UndoesEachEscape) {
  const TextLayer raw = TextLayer::Of(R"(a\n\"\\\/\u0041\u00e9\u20ac\ud83d\ude00z)");
  EXPECT_EQ(Undone(raw).text(), "a\n\"\\/A\u00e9\u20ac\U0001F600z");
}

TEST(TextLayer, LeavesWhatIsNoEscape) {
  const TextLayer raw = TextLayer::Of(R"(a\qb\u12G4c\)");
  EXPECT_EQ(Undone(raw).text(), raw.text());
}

TEST(TextLayer, HalfASurrogatePairIsReplaced) {
  EXPECT_EQ(Undone(TextLayer::Of(R"(\ud83dx\ude00)")).text(), "\uFFFDx\uFFFD");
}

TEST(TextLayer, KnowsWhereAPartStood) {
  const std::string text = R"(x=\u0073\u006b-abc;)";
  const TextLayer undone = Undone(TextLayer::Of(text));
  ASSERT_EQ(undone.text(), "x=sk-abc;");
  EXPECT_EQ(undone.RawSpansOf(2, 8), (std::vector<RawSpan>{{2, 18}}));
  EXPECT_EQ(undone.RawSpansOf(3, 4), (std::vector<RawSpan>{{8, 14}}));
  EXPECT_EQ(undone.RawSpansOf(4, 6), (std::vector<RawSpan>{{14, 16}}));
}

TEST(TextLayer, AnEscapeCountsWhole) {
  const TextLayer undone = Undone(TextLayer::Of(R"(a\u20acb)"));
  ASSERT_EQ(undone.text(), "a\u20acb");
  EXPECT_EQ(undone.RawSpansOf(2, 3), (std::vector<RawSpan>{{1, 7}}));
}

TEST(TextLayer, EscapesHaveABeginningAndAnEnd) {
  const std::string_view text = R"(a\nb\\nc\u00e9)";
  const auto around = [text](std::size_t position) {
    return std::pair(EscapeBegin(text, position), EscapeEnd(text, position));
  };
  EXPECT_EQ(around(1), std::pair(1UL, 1UL));
  EXPECT_EQ(around(2), std::pair(1UL, 3UL));
  EXPECT_EQ(around(3), std::pair(3UL, 3UL));
  EXPECT_EQ(around(5), std::pair(4UL, 6UL));
  EXPECT_EQ(around(6), std::pair(6UL, 6UL));
  EXPECT_EQ(around(7), std::pair(7UL, 7UL));
  EXPECT_EQ(around(10), std::pair(8UL, 14UL));
  EXPECT_EQ(around(14), std::pair(14UL, 14UL));
  EXPECT_EQ(around(0), std::pair(0UL, 0UL));
}

TEST(TextLayer, FindsItsWayThroughJsonInJson) {
  const std::string text = R"({"a":"{\"b\":\"s\\u006b-1\"}"})";
  const TextLayer once = Undone(TextLayer::Of(text));
  const TextLayer twice = Undone(once);
  const std::size_t at = twice.text().find("sk-1");
  ASSERT_NE(at, std::string_view::npos);
  const std::vector<RawSpan> spans = twice.RawSpansOf(at, at + 4);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(text.substr(spans[0].begin, spans[0].end - spans[0].begin), R"(s\\u006b-1)");
}

TEST(TextLayer, APieceOfEachPlaceItIsMadeOf) {
  const std::string text = R"("sk-","ab\u0063")";
  const TextLayer raw = TextLayer::Of(text);
  TextLayer told;
  told.AppendUnescaped(raw, 1, 4);
  told.AppendUnescaped(raw, 7, 15);
  ASSERT_EQ(told.text(), "sk-abc");
  EXPECT_EQ(told.RawSpansOf(0, 6), (std::vector<RawSpan>{{1, 4}, {7, 15}}));
  EXPECT_EQ(told.RawSpansOf(2, 4), (std::vector<RawSpan>{{3, 4}, {7, 8}}));
}

}  // namespace
}  // namespace weir::relay
