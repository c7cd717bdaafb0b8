// Answers that come in another form than the client asked for: whole as a stream, a stream as one
// whole answer; from another dialect, and from the client's own.
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
using testing::Tell;

constexpr std::string_view kCompletion =
    R"({"id":"u","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi",)"
    R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
    R"("finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":2}})";

TEST(AnswerForm, AWholeCompletionAsAStream) {
  const std::string own = Streamed(kChat, kChat, kCompletion);
  EXPECT_NE(own.find(R"("delta":{"content":"hi"})"), std::string::npos) << own;
  EXPECT_NE(own.find(R"("id":"c1","type":"function","function":{"name":"f","arguments":""}})"),
            std::string::npos);
  EXPECT_NE(own.find(R"("finish_reason":"tool_calls")"), std::string::npos);
  EXPECT_NE(own.find(R"("choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2)"),
            std::string::npos);
  EXPECT_TRUE(own.ends_with("data: [DONE]\n\n"));
  const std::string other = Streamed(kAnthropic, kChat, kCompletion);
  EXPECT_TRUE(other.starts_with("event: message_start\n"));
  EXPECT_TRUE(other.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
  EXPECT_NE(other.find(R"("usage":{"input_tokens":5)"), std::string::npos) << other;
}

TEST(AnswerForm, AStreamOfChunksAsOneCompletion) {
  const std::string stream = StrCat(
      Event(R"({"model":"m","choices":[{"index":0,"delta":{"content":"h"}}]})"),
      Event(R"({"choices":[{"index":0,"delta":{"content":"i","tool_calls":[{"index":0,"id":"a",)"
            R"("function":{"name":"f","arguments":"{\"x\""}},{"index":1,"id":"b","function":)"
            R"({"name":"g","arguments":"{}"}}]}}]})"),
      Event(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":)"
            R"({"arguments":":1}"}}]},"finish_reason":"tool_calls"}]})"),
      Event(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"),
      Event("[DONE]"));
  for (const Dialect client : {kChat, kAnthropic, kResponses, kGemini}) {
    const std::string told = json::serialize(Collected(client, kChat, stream));
    EXPECT_NE(told.find("hi"), std::string::npos) << told;
    EXPECT_LT(told.find(R"("f")"), told.find(R"("g")")) << told;
    EXPECT_NE(told.find(client == kChat || client == kResponses ? R"({\"x\":1})" : R"({"x":1})"),
              std::string::npos)
        << told;
  }
  EXPECT_EQ(Collected(kChat, kChat, stream).at("usage").at("total_tokens"), 7);
}

constexpr std::string_view kBlocks =
    R"([{"type":"thinking","thinking":"hm","signature":"EqQB"},)"
    R"({"type":"redacted_thinking","data":"Erx"},{"type":"text","text":"hi"},)"
    R"({"type":"tool_use","id":"t","name":"f","input":{"a":1}}])";

TEST(AnswerForm, BlocksOfItsOwnStayWithTheirDialect) {
  const std::string message =
      StrCat(R"({"type":"message","model":"m","content":)", kBlocks,
             R"(,"stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":2}})");
  const std::string own = Streamed(kAnthropic, kAnthropic, message);
  EXPECT_NE(own.find(R"("delta":{"type":"signature_delta","signature":"EqQB"})"), std::string::npos)
      << own;
  EXPECT_NE(own.find(R"("index":1,"content_block":{"type":"redacted_thinking","data":"Erx"}})"),
            std::string::npos);
  EXPECT_NE(own.find(R"("index":3,"content_block":{"type":"tool_use")"), std::string::npos);
  // And back: what a client puts together from that stream is what the provider said.
  const json::value whole = Collected(kAnthropic, kAnthropic, own);
  EXPECT_EQ(whole.at("content"), Parsed(StrCat(R"({"content":)", kBlocks, "}")).at("content"));
  EXPECT_EQ(whole.at("stop_reason"), "tool_use");
  const std::string other = Streamed(kChat, kAnthropic, message);
  EXPECT_EQ(other.find("redacted"), std::string::npos);
}

TEST(AnswerForm, BlocksThatComeInPiecesStayWithTheirDialect) {
  const std::string stream = MessageOf({
      {R"({"type":"server_tool_use","id":"s","name":"web_search","input":{}})",
       {R"({"type":"input_json_delta","partial_json":""})",
        R"({"type":"input_json_delta","partial_json":"{\"query\": \"a"})",
        R"({"type":"input_json_delta","partial_json":"\\\"b\"}"})"}},
      {R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u","title":null}]})",
       {}},
      {R"({"type":"text","text":"","citations":[]})",
       {R"({"type":"citations_delta","citation":{"type":"c","url":"u"}})",
        R"({"type":"text_delta","text":"gr\u00fc"})", R"({"type":"text_delta","text":"\"n"})",
        R"({"type":"citations_delta","citation":{"type":"c","url":"v"}})",
        R"({"type":"of_tomorrow_delta","more":1})"}},
      {R"({"type":"text","text":""})", {R"({"type":"text_delta","text":"apart"})"}},
      {R"({"type":"thinking","thinking":"","signature":""})",
       {R"({"type":"thinking_delta","thinking":"hm"})",
        R"({"type":"signature_delta","signature":"EqQB"})"}},
      {R"({"type":"compaction","content":null})",
       {R"({"type":"compaction_delta","content":"all","encrypted_content":"x"})"}},
      {R"({"type":"tool_use","id":"t","name":"f","input":{}})", {}},
      {R"({"type":"mcp_tool_use","id":"m","name":"f","server_name":"n","input":{}})",
       {R"({"type":"input_json_delta","partial_json":"{\"a\":"})"}},
  });
  constexpr std::string_view kWanted =
      R"([{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"a\"b"}},)"
      R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u","title":null}]},)"
      R"({"type":"text","text":"gr\u00fc\"n","citations":[{"type":"c","url":"u"},)"
      R"({"type":"c","url":"v"}]},{"type":"text","text":"apart"},)"
      R"({"type":"thinking","thinking":"hm","signature":"EqQB"},)"
      R"({"type":"compaction","content":"all","encrypted_content":"x"},)"
      R"({"type":"tool_use","id":"t","name":"f","input":{}},)"
      R"({"type":"mcp_tool_use","id":"m","name":"f","server_name":"n","input":{"_raw":"{\"a\":"}}])";
  const json::value whole = Collected(kAnthropic, kAnthropic, stream);
  EXPECT_EQ(whole.at("content"), Parsed(StrCat(R"({"c":)", kWanted, "}")).at("c"));
  // Another dialect has no place for them.
  const std::string other = json::serialize(Collected(kChat, kAnthropic, stream));
  EXPECT_EQ(other.find("web_search"), std::string::npos) << other;
  EXPECT_NE(other.find("apart"), std::string::npos) << other;
}

TEST(AnswerForm, APieceOfABlockThatNobodyKnowsIsNotLostInSilence) {
  constexpr std::string_view kTomorrow = R"({"type":"of_tomorrow","citations":{}})";
  for (const std::string_view delta : {R"({"type":"of_tomorrow_delta","text":"x"})",
                                       R"({"type":"citations_delta","citation":{"url":"u"}})"}) {
    const std::string stream = MessageOf({{kTomorrow, {delta}}});
    const auto translation = MakeTranslation(kAnthropic, kAnthropic);
    translation->BeginAnswer(Translation::AnswerForm::kStream, /*wants_stream=*/false, 200);
    translation->Feed(stream, /*last=*/true);
    EXPECT_TRUE(translation->failed()) << delta;
    EXPECT_EQ(translation->unknown_type(), "of_tomorrow");
    EXPECT_FALSE(Tell(kChat, kAnthropic, stream, /*wants_stream=*/false).failed);
  }
  // As long as it comes whole it needs no knowledge.
  const json::value whole = Collected(kAnthropic, kAnthropic, MessageOf({{kTomorrow, {}}}));
  EXPECT_EQ(whole.at("content").at(0), Parsed(kTomorrow));
}

TEST(AnswerForm, AnEndThatOthersHaveNoWordForKeepsItsOwn) {
  const std::string chunk = Event(R"({"choices":[{"index":0,"delta":{"content":"hi"},)"
                                  R"("finish_reason":"insufficient_system_resource"}]})");
  EXPECT_EQ(Collected(kChat, kChat, chunk).at("choices").at(0).at("finish_reason"),
            "insufficient_system_resource");
  EXPECT_EQ(Collected(kAnthropic, kChat, chunk).at("stop_reason"), "end_turn");
  const std::string message =
      R"({"content":[{"type":"text","text":"hi"}],"stop_reason":"compaction","usage":{}})";
  EXPECT_NE(Streamed(kAnthropic, kAnthropic, message).find(R"("stop_reason":"compaction")"),
            std::string::npos);
  const std::string answer =
      R"({"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"LANGUAGE",)"
      R"("finishMessage":"not \"this\" one"}],"usageMetadata":{}})";
  const json::value again = Collected(kGemini, kGemini, Streamed(kGemini, kGemini, answer));
  EXPECT_EQ(again.at("candidates").at(0).at("finishReason"), "LANGUAGE");
  EXPECT_EQ(again.at("candidates").at(0).at("finishMessage"), "not \"this\" one");
}

TEST(AnswerForm, AStreamOfChunksThatSaidWhyItEndsNeedsNoDone) {
  const std::string stream =
      StrCat(Event(R"({"model":"m","choices":[{"index":0,"delta":{"content":"hi"}}]})"),
             Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":"length"}]})"),
             Event(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"));
  for (const Dialect client : {kChat, kAnthropic, kResponses, kGemini}) {
    const std::string told = json::serialize(Collected(client, kChat, stream));
    EXPECT_NE(told.find("hi"), std::string::npos) << told;
  }
  const auto streamed = MakeTranslation(kAnthropic, kChat);
  EXPECT_TRUE(testing::TranslatedStream(*streamed, stream, 9)
                  .ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
  const auto broken = MakeTranslation(kAnthropic, kChat);
  EXPECT_EQ(testing::TranslatedStream(*broken, stream.substr(0, 80), 9).find("message_stop"),
            std::string::npos);
}

TEST(AnswerForm, AResponseKeepsItsNameAndItsItems) {
  constexpr std::string_view kItems =
      R"([{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"},)"
      R"({"id":"c","type":"custom_tool_call","call_id":"x","name":"patch","input":"*** a\nb"}])";
  const std::string whole =
      StrCat(R"({"id":"resp_9","object":"response","status":"completed","model":"m","output":)",
             kItems, R"(,"usage":{"input_tokens":5,"output_tokens":2}})");
  const std::string stream = Streamed(kResponses, kResponses, whole);
  EXPECT_NE(stream.find(R"("output_index":1,"item":{"id":"c","type":"custom_tool_call")"),
            std::string::npos)
      << stream;
  const json::value again = Collected(kResponses, kResponses, stream);
  EXPECT_EQ(again.at("id"), "resp_9");
  EXPECT_EQ(again.at("output"), Parsed(StrCat(R"({"o":)", kItems, "}")).at("o"));
  EXPECT_FALSE(again.as_object().contains("store"));
}

TEST(AnswerForm, GeminisPartsStayAsTheyAre) {
  constexpr std::string_view kParts =
      R"([{"text":"hi"},{"inlineData":{"mimeType":"image/png","data":"QUJD"}},)"
      R"({"functionCall":{"id":"1","name":"f","args":{"a":[1,2]}},"thoughtSignature":"CrEB"}])";
  const std::string whole = StrCat(R"({"candidates":[{"index":0,"content":{"role":"model",)"
                                   R"("parts":)",
                                   kParts, R"(},"finishReason":"STOP"}],"usageMetadata":)",
                                   R"({"promptTokenCount":5,"candidatesTokenCount":2}})");
  const std::string stream = Streamed(kGemini, kGemini, whole);
  EXPECT_TRUE(stream.starts_with("data: {")) << stream;
  const json::value again = Collected(kGemini, kGemini, stream);
  const json::value& parts = again.at("candidates").at(0).at("content").at("parts");
  const json::value wanted = Parsed(StrCat(R"({"p":)", kParts, "}")).at("p");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(parts.at(i), wanted.at(i));
}

TEST(AnswerForm, AnArrayOfGeminisFromAWholeAnswer) {
  const auto translation = MakeTranslation(kGemini, kChat);
  translation->context().as_array = true;
  translation->BeginAnswer(Translation::AnswerForm::kWhole, /*wants_stream=*/true, 200);
  const json::value items =
      Parsed(StrCat(R"({"items":)", translation->Feed(kCompletion, /*last=*/true), "}"))
          .at("items");
  EXPECT_EQ(items.at(0).at("candidates").at(0).at("content").at("parts").at(0).at("text"), "hi");
}

TEST(AnswerForm, APartWithoutMembersIsNoEndOfTheAnswer) {
  const json::value answer =
      Collected(kGemini, kGemini,
                Event(R"({"candidates":[{"content":{"role":"model","parts":[{},{"text":"hi"}]},)"
                      R"("finishReason":"STOP"}],"modelVersion":"m"})"));
  EXPECT_NE(json::serialize(answer).find(R"("text":"hi")"), std::string::npos)
      << json::serialize(answer);
  EXPECT_EQ(answer.at("modelVersion"), "m");
}

TEST(AnswerForm, WhatIsCollectedIsBounded) {
  const std::string chunk = Event(StrCat(R"({"choices":[{"index":0,"delta":{"content":")",
                                         std::string(1 << 20, 'a'), "\"}}]}"));
  const auto translation = MakeTranslation(kChat, kChat);
  translation->BeginAnswer(Translation::AnswerForm::kStream, /*wants_stream=*/false, 200);
  for (int i = 0; i < 16; ++i) translation->Feed(chunk, false);
  EXPECT_FALSE(translation->failed());
  EXPECT_GE(translation->held_bytes(), Translation::kAnswerBytesMax);
  translation->Feed(chunk, false);
  EXPECT_TRUE(translation->failed());
}

TEST(AnswerForm, AnEndForCallsWithoutACallIsAnEnd) {
  const std::string message = R"({"type":"message","content":[{"type":"text","text":"hm"}],)"
                              R"("stop_reason":"tool_use","usage":{}})";
  const auto whole = MakeTranslation(kChat, kAnthropic);
  EXPECT_EQ(
      Parsed(testing::TranslatedAnswer(*whole, message)).at("choices").at(0).at("finish_reason"),
      "stop");
  const std::string stream = StrCat(
      Named("message_start", R"({"type":"message_start","message":{"model":"m"}})"),
      Named("message_delta", R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})"),
      Named("message_stop", R"({"type":"message_stop"})"));
  const auto streamed = MakeTranslation(kChat, kAnthropic);
  EXPECT_NE(testing::TranslatedStream(*streamed, stream, 9).find(R"("finish_reason":"stop")"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::relay
