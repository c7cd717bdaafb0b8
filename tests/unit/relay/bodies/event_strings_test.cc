#include "services/relay/bodies/event_strings.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::relay {
namespace {

using testing::UnorderedElementsAre;

std::vector<std::string> Texts(std::string_view raw, EventFraming framing) {
  std::vector<std::string> texts;
  for (const std::vector<RawSpan>& pieces : FindEventStrings(raw, framing)) {
    std::string text;
    for (const RawSpan& piece : pieces) text += raw.substr(piece.begin, piece.end - piece.begin);
    texts.push_back(std::move(text));
  }
  return texts;
}

TEST(EventStrings, DeltasOfAStream) {
  EXPECT_THAT(Texts("event: a\ndata: {\"type\":\"d\",\"delta\":{\"text\":\"sk-\"}}\n\n"
                    "event: a\ndata: {\"type\":\"d\",\"delta\":{\"text\":\"abc\"}}\n\n",
                    EventFraming::kServerSent),
              UnorderedElementsAre("dd", "sk-abc"));
}

TEST(EventStrings, OfOnePieceToo) {
  EXPECT_THAT(Texts("data: {\"t\":\"a\",\"u\":\"b\"}\n\n", EventFraming::kServerSent),
              UnorderedElementsAre("a", "b"));
}

TEST(EventStrings, IndexesKeepTextsApart) {
  EXPECT_THAT(Texts("data: {\"index\":0,\"text\":\"a\"}\n\ndata: {\"text\":\"x\",\"index\":1}\n\n"
                    "data: {\"text\":\"b\",\"index\":0}\n\ndata: {\"index\":1,\"text\":\"y\"}\n\n",
                    EventFraming::kServerSent),
              UnorderedElementsAre("ab", "xy"));
}

TEST(EventStrings, SoDoPlacesInAnArray) {
  EXPECT_THAT(Texts("data: {\"p\":[\"a\",\"x\"]}\n\ndata: {\"p\":[\"b\",\"y\"]}\n\n",
                    EventFraming::kServerSent),
              UnorderedElementsAre("ab", "xy"));
}

TEST(EventStrings, ItemsOfAnArray) {
  EXPECT_THAT(Texts("[{\"t\":\"a\"}\n,\r\n{\"t\":\"b\"}]", EventFraming::kArray),
              UnorderedElementsAre("ab"));
}

TEST(EventStrings, EscapedQuotesEndNothing) {
  EXPECT_THAT(Texts(R"(data: {"t":"a\"}{"})"
                    "\n\n"
                    R"(data: {"t":"b\\"})"
                    "\n\n",
                    EventFraming::kServerSent),
              UnorderedElementsAre(R"(a\"}{b\\)"));
}

TEST(EventStrings, WhatIsCutOrBrokenIsReadAsFarAsItGoes) {
  EXPECT_THAT(Texts("data: {\"t\":\"a\"}\n\ndata: {\"t\":\"b", EventFraming::kServerSent),
              UnorderedElementsAre("ab"));
  EXPECT_THAT(Texts("data: {\"t\":\"a\"}\n\ndata: {\"t\":\"b\\", EventFraming::kServerSent),
              UnorderedElementsAre("ab\\"));
  EXPECT_THAT(Texts("data: ]}{,:\n\ndata: \ndata: [DONE]\n\ndata:", EventFraming::kServerSent),
              UnorderedElementsAre());
  EXPECT_THAT(Texts(std::string(1000, '[') + "{", EventFraming::kArray), UnorderedElementsAre());
}

}  // namespace
}  // namespace weir::relay
