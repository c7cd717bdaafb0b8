// What an answer says of itself beside what it says, when it comes in the other form than the
// client asked for.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/other_form.h"

namespace weir::relay {
namespace {

namespace json = boost::json;

using testing::Collected;
using testing::Event;
using testing::kAnthropic;
using testing::kChat;
using testing::kGemini;
using testing::kResponses;
using testing::MakeTranslation;
using testing::MessageOf;
using testing::Named;
using testing::Parsed;
using testing::Streamed;

TEST(AnswerMembers, WhatAMessageSaysOfItselfStaysWithItsDialect) {
  const std::string stream = StrCat(
      Named(
          "message_start",
          R"({"type":"message_start","message":{"id":"msg_9","type":"message","role":"assistant",)"
          R"("model":"m","content":[],"stop_reason":null,"container":null,"usage":)"
          R"({"input_tokens":5,"output_tokens":1,"service_tier":"standard"}}})"),
      Named("message_delta",
            R"({"type":"message_delta","context_management":{"applied_edits":[]},)"
            R"("delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"why":"x"},)"
            R"("container":{"id":"c"}},"usage":{"output_tokens":2,"service_tier":null,)"
            R"("server_tool_use":{"web_search_requests":1}}})"),
      Named("message_stop", R"({"type":"message_stop"})"));
  const json::value whole = Collected(kAnthropic, kAnthropic, stream);
  EXPECT_EQ(whole, Parsed(R"({"id":"msg_9","type":"message","role":"assistant","model":"m",)"
                          R"("content":[],"stop_reason":"refusal","stop_sequence":null,)"
                          R"("container":{"id":"c"},"context_management":{"applied_edits":[]},)"
                          R"("stop_details":{"why":"x"},"usage":{"input_tokens":5,)"
                          R"("cache_creation_input_tokens":0,"cache_read_input_tokens":0,)"
                          R"("output_tokens":2,"service_tier":"standard",)"
                          R"("server_tool_use":{"web_search_requests":1}}})"));
  const std::string other = json::serialize(Collected(kChat, kAnthropic, stream));
  EXPECT_EQ(other.find("web_search"), std::string::npos) << other;
  // And as a stream again.
  const std::string told = Streamed(kAnthropic, kAnthropic, json::serialize(whole));
  EXPECT_EQ(Collected(kAnthropic, kAnthropic, told), whole) << told;
}

TEST(AnswerMembers, ASignatureInPiecesIsOne) {
  const std::string stream = MessageOf({
      {R"({"type":"thinking","thinking":"","signature":""})",
       {R"({"type":"thinking_delta","thinking":"hm"})",
        R"({"type":"signature_delta","signature":"EqQB"})",
        R"({"type":"signature_delta","signature":"CkYI"})"}},
      {R"({"type":"text","text":""})", {R"({"type":"text_delta","text":"hi"})"}},
  });
  const std::string once = MessageOf({
      {R"({"type":"thinking","thinking":"","signature":""})",
       {R"({"type":"thinking_delta","thinking":"hm"})",
        R"({"type":"signature_delta","signature":"EqQBCkYI"})"}},
      {R"({"type":"text","text":""})", {R"({"type":"text_delta","text":"hi"})"}},
  });
  EXPECT_EQ(Collected(kResponses, kAnthropic, stream).at("output"),
            Collected(kResponses, kAnthropic, once).at("output"));
  const auto told = [](std::string_view events) {
    return testing::TranslatedStream(*MakeTranslation(kResponses, kAnthropic), events, 9);
  };
  EXPECT_EQ(told(stream), told(once));
}

// Google gives no candidate then.
TEST(AnswerMembers, APromptThatGeminiBlockedIsToldAsItCame) {
  constexpr std::string_view kFeedback =
      R"({"blockReason":"PROHIBITED_CONTENT","safetyRatings":[{"category":"c"}]})";
  const std::string answer =
      StrCat(R"({"promptFeedback":)", kFeedback,
             R"(,"usageMetadata":{"promptTokenCount":5},"modelVersion":"m"})");
  for (const std::string& stream : {Event(answer), Streamed(kGemini, kGemini, answer)}) {
    const json::value whole = Collected(kGemini, kGemini, stream);
    EXPECT_FALSE(whole.as_object().contains("candidates")) << stream;
    EXPECT_EQ(whole.at("promptFeedback"), Parsed(kFeedback)) << stream;
    EXPECT_EQ(whole.at("usageMetadata").at("promptTokenCount"), 5);
    EXPECT_EQ(whole.at("modelVersion"), "m");
  }
  EXPECT_EQ(Collected(kChat, kGemini, Event(answer)).at("choices").at(0).at("finish_reason"),
            "content_filter");
}

TEST(AnswerMembers, WhatGeminiSaysOfThePromptStandsBesideTheAnswer) {
  const std::string stream = StrCat(
      Event(R"({"promptFeedback":{"safetyRatings":[]}})"),
      Event(R"({"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]})"));
  const json::value whole = Collected(kGemini, kGemini, stream);
  EXPECT_EQ(whole.at("candidates").at(0).at("finishReason"), "STOP");
  EXPECT_EQ(whole.at("promptFeedback"), Parsed(R"({"safetyRatings":[]})"));
}

}  // namespace
}  // namespace weir::relay
