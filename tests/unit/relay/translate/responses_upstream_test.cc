// Upstreams of OpenAI Responses: what of their requests and answers no other dialect has.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

namespace json = boost::json;

using testing::kAnthropic;
using testing::kChat;
using testing::kResponses;
using testing::MakeTranslation;
using testing::Parsed;

constexpr std::string_view kAsk = R"("messages":[{"role":"user","content":"q"}])";

// What goes upstream for a request with these members; or what is wrong with it.
std::string Sent(Dialect client, std::string_view members, const Target& target = {},
                 std::string* dropped = nullptr) {
  const auto translation = MakeTranslation(client, kResponses);
  const std::string body = StrCat(R"({"model":"m",)", members, "}");
  const absl::Status status = testing::TranslateRequest(
      *translation, body, testing::ChangesTo("up"), /*stream=*/false, target);
  if (dropped != nullptr) *dropped = translation->dropped();
  return status.ok() ? translation->request() : std::string(View(status.message()));
}

json::value SentJson(Dialect client, std::string_view members, const Target& target = {}) {
  return Parsed(Sent(client, members, target));
}

TEST(ResponsesUpstream, NothingIsStoredAndNoLimitIsTooSmall) {
  const json::value sent = SentJson(kAnthropic, StrCat(R"("max_tokens":1,)", kAsk));
  EXPECT_EQ(sent.at("store"), json::value(false));
  EXPECT_EQ(sent.at("max_output_tokens"), json::value(16));
  EXPECT_EQ(SentJson(kChat, kAsk).as_object().if_contains("max_output_tokens"), nullptr);
}

TEST(ResponsesUpstream, ThinkingIsAskedForInAFormThatComesBack) {
  const auto asked = [](std::string_view thinking, const Target& target = {}) {
    return SentJson(kAnthropic, StrCat(R"("max_tokens":9000,"thinking":)", thinking, ",", kAsk),
                    target)
        .as_object();
  };
  json::object sent = asked(R"({"type":"enabled","budget_tokens":5000})");
  EXPECT_EQ(sent.at("reasoning"), Parsed(R"({"effort":"medium","summary":"auto"})"));
  EXPECT_EQ(sent.at("include"), Parsed(R"(["reasoning.encrypted_content"])"));
  sent = asked(R"({"type":"adaptive"})");
  EXPECT_EQ(sent.at("reasoning"), Parsed(R"({"summary":"auto"})"));
  sent = asked(R"({"type":"adaptive"})", {.takes_summary = false});
  EXPECT_FALSE(sent.contains("reasoning"));
  EXPECT_TRUE(sent.contains("include"));
  sent = asked(R"({"type":"disabled"})");
  EXPECT_FALSE(sent.contains("reasoning") || sent.contains("include"));
  sent = asked(R"({"type":"adaptive"})", {.takes_effort = false});
  EXPECT_FALSE(sent.contains("reasoning") || sent.contains("include"));
  const json::object chat =
      SentJson(kChat, StrCat(R"("reasoning_effort":"none",)", kAsk)).as_object();
  EXPECT_EQ(chat.at("reasoning"), Parsed(R"({"effort":"none"})"));
  EXPECT_FALSE(chat.contains("include"));
}

std::string Earlier(std::string_view signature, std::string_view thought = "t") {
  return StrCat(R"("max_tokens":9,"messages":[{"role":"user","content":"q"},{"role":"assistant",)",
                R"("content":[{"type":"thinking","thinking":")", thought, R"(","signature":")",
                signature, R"("},{"type":"text","text":"a"},{"type":"tool_use","id":"c",)",
                R"("name":"f","input":{"x":"\n"}}]},{"role":"user","content":[{"type":)",
                R"("tool_result","tool_use_id":"c","content":"r","is_error":true}]}])");
}

TEST(ResponsesUpstream, ReasoningGoesBackToTheFamilyThatEncryptedIt) {
  const Target family{.family = 0xA1};
  const json::value sent =
      SentJson(kAnthropic, Earlier("gw1.openai_responses.a1.rs_7.gAA=="), family);
  const json::array& input = sent.at("input").as_array();
  ASSERT_EQ(input.size(), 5U);
  EXPECT_EQ(input[1], Parsed(R"({"type":"reasoning","id":"rs_7","summary":[{"type":"summary_text",)"
                             R"("text":"t"}],"encrypted_content":"gAA=="})"));
  EXPECT_EQ(input[2], Parsed(R"({"type":"message","role":"assistant","content":[{"type":)"
                             R"("output_text","text":"a"}]})"));
  EXPECT_EQ(input[3], Parsed(R"({"type":"function_call","call_id":"c","name":"f",)"
                             R"("arguments":"{\"x\":\"\\n\"}"})"));
  EXPECT_EQ(input[4],
            Parsed(R"({"type":"function_call_output","call_id":"c","output":"Error: r"})"));
  // Thinking that nobody was shown goes back too.
  const json::value hidden =
      SentJson(kAnthropic, Earlier("gw1.openai_responses.a1.rs_7.gAA==", ""), family);
  EXPECT_EQ(hidden.at("input").at(1).at("summary"), json::value(json::array()));
  for (const std::string_view foreign :
       {"gw1.openai_responses.a2.rs_7.gAA==", "gw1.openai_responses.a1", "gw1.openai_chat.", "EqQB",
        "gw1.anthropic_messages.a1.EqQB"}) {
    const json::value other = SentJson(kAnthropic, Earlier(foreign), family);
    EXPECT_EQ(other.at("input").as_array().size(), 4U) << foreign;
  }
}

TEST(ResponsesUpstream, ReasoningAsTextGoesWhereItIsTaken) {
  const json::value sent = SentJson(kAnthropic, Earlier("gw1.openai_responses."));
  const json::value& item = sent.at("input").at(1);
  EXPECT_EQ(item.at("content"), Parsed(R"([{"type":"reasoning_text","text":"t"}])"));
  EXPECT_TRUE(std::string(item.at("id").as_string()).starts_with("rs_"));
  const json::value openai =
      SentJson(kAnthropic, Earlier("gw1.openai_responses."), {.takes_reasoning_text = false});
  EXPECT_EQ(openai.at("input").as_array().size(), 4U);
}

TEST(ResponsesUpstream, ResultsMayHoldPictures) {
  const json::value sent = SentJson(
      kAnthropic,
      R"("max_tokens":9,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[)"
      R"({"type":"tool_use","id":"c","name":"f","input":{}},)"
      R"({"type":"tool_use","id":"d","name":"f","input":{}}]},{"role":"user","content":[)"
      R"({"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"},)"
      R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"QQ"}}]},)"
      R"({"type":"document","title":"a.pdf","source":{"type":"url","url":"https://a/b.pdf"}},)"
      R"({"type":"tool_result","tool_use_id":"nobodys","content":"lost"}]}])");
  const json::array& input = sent.at("input").as_array();
  ASSERT_EQ(input.size(), 6U);
  EXPECT_EQ(input[3], Parsed(R"({"type":"function_call_output","call_id":"d",)"
                             R"("output":"[no result]"})"));
  EXPECT_EQ(input[4].at("output"),
            Parsed(R"([{"type":"input_text","text":"r"},{"type":"input_image","detail":"auto",)"
                   R"("image_url":"data:image/png;base64,QQ"}])"));
  EXPECT_EQ(input[5].at("content"), Parsed(R"([{"type":"input_file","file_url":"https://a/b.pdf"},)"
                                           R"({"type":"input_text","text":"lost"}])"));
}

TEST(ResponsesUpstream, ToolsAreFlatAndStrictOnlyWhereItIsSaid) {
  const std::string members =
      StrCat(R"("max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}},)"
             R"({"name":"g","strict":true}],"tool_choice":{"type":"tool","name":"g",)"
             R"("disable_parallel_tool_use":true},)",
             kAsk);
  const json::value sent = SentJson(kAnthropic, members);
  EXPECT_EQ(sent.at("tools"),
            Parsed(R"([{"type":"function","name":"f","parameters":{"type":"object"},)"
                   R"("strict":false},{"type":"function","name":"g",)"
                   R"("parameters":{"type":"object","properties":{}},"strict":true}])"));
  EXPECT_EQ(sent.at("tool_choice"), Parsed(R"({"type":"function","name":"g"})"));
  EXPECT_EQ(sent.at("parallel_tool_calls"), json::value(false));
  EXPECT_NE(
      Sent(kAnthropic, StrCat(R"("max_tokens":9,"tool_choice":{"type":"tool","name":"x"},)", kAsk))
          .find("'tool_choice'"),
      std::string::npos);
}

TEST(ResponsesUpstream, LongIdsOfCallsAreTheSameOnBothSides) {
  const std::string id(80, 'x');
  const json::value sent = SentJson(
      kChat, StrCat(R"("messages":[{"role":"user","content":"q"},{"role":"assistant",)",
                    R"("tool_calls":[{"id":")", id, R"(","type":"function","function":{"name":)",
                    R"("f","arguments":"{}"}}]},{"role":"tool","tool_call_id":")", id,
                    R"(","content":"r"}])"));
  const json::value& call = sent.at("input").at(1).at("call_id");
  EXPECT_LE(call.as_string().size(), 64U);
  EXPECT_EQ(call, sent.at("input").at(2).at("call_id"));
}

TEST(ResponsesUpstream, WhatItDoesNotKnowIsNamed) {
  std::string dropped;
  Sent(kAnthropic, StrCat(R"("max_tokens":9,"stop_sequences":["a"],"top_k":4,)", kAsk), {},
       &dropped);
  EXPECT_EQ(dropped, "top_k, stop_sequences");
  Sent(kChat, StrCat(R"("stop":"a","temperature":0.5,)", kAsk), {.takes_sampling = false},
       &dropped);
  EXPECT_EQ(dropped, "temperature, stop");
}

TEST(ResponsesUpstream, SchemasOfAnswers) {
  const json::value sent = SentJson(
      kChat, StrCat(R"("response_format":{"type":"json_schema","json_schema":{"name":"n",)",
                    R"("strict":true,"schema":{"type":"object"}}},)", kAsk));
  EXPECT_EQ(sent.at("text").at("format"),
            Parsed(R"({"type":"json_schema","name":"n","schema":{"type":"object"},)"
                   R"("strict":true})"));
}

// A remark, hidden reasoning, then the answer: Chat has one text for both.
TEST(ResponsesUpstream, WhatIsSaidApartStaysApart) {
  const auto message = [](std::string_view text) {
    return StrCat(R"({"type":"message","content":[{"type":"output_text","text":")", text, "\"}]}");
  };
  const std::string_view reasoning = R"({"type":"reasoning","id":"r","encrypted_content":"gA"})";
  const auto whole = MakeTranslation(kChat, kResponses);
  const std::string answer = StrCat(R"({"status":"completed","output":[)", message("One."), ",",
                                    reasoning, ",", message("Two."), ",", message("Three."), "]}");
  EXPECT_EQ(Parsed(testing::TranslatedAnswer(*whole, answer))
                .at("choices")
                .at(0)
                .at("message")
                .at("content"),
            json::value("One.\n\nTwo.\n\nThree."));
  std::string stream;
  const auto done = [&stream](int index, std::string_view item) {
    StrAppend(stream, R"(data: {"type":"response.output_item.done","output_index":)", index,
              R"(,"item":)", item, "}\n\n");
  };
  done(0, message("One."));
  done(1, reasoning);
  done(2, message("Two."));
  done(3, message("Three."));
  const auto streamed = MakeTranslation(kChat, kResponses);
  std::string said;
  std::string made = testing::TranslatedStream(*streamed, stream, stream.size());
  std::string_view rest = made;
  SseEvent event;
  std::string joined;
  while (NextSseEvent(rest, event, joined)) {
    const json::value chunk = Parsed(event.data);
    for (const json::value& choice : chunk.at("choices").as_array()) {
      const json::value* content = choice.at("delta").as_object().if_contains("content");
      if (content != nullptr) said += std::string(content->as_string());
    }
  }
  EXPECT_EQ(said, "One.\n\nTwo.\n\nThree.");
}

TEST(ResponsesUpstream, AnAnswerThatFailedIsAnError) {
  for (const std::string_view answer :
       {R"({"status":"failed","error":{"code":"server_is_overloaded","message":"m"},"output":[]})",
        R"({"status":"failed","error":null,"output":[]})"}) {
    const auto translation = MakeTranslation(kAnthropic, kResponses);
    const json::value made = Parsed(testing::TranslatedAnswer(*translation, answer));
    EXPECT_EQ(made.at("type"), json::value("error")) << answer;
  }
  const auto translation = MakeTranslation(kAnthropic, kResponses);
  testing::TranslatedAnswer(*translation, R"({"status":"completed"})");
  EXPECT_TRUE(translation->failed());
}

// The completion that these events become for a client of Chat, all its texts joined.
std::string TextOf(std::string_view stream) {
  const auto translation = MakeTranslation(kAnthropic, kResponses);
  const std::string out = testing::TranslatedStream(*translation, stream, stream.size());
  EXPECT_NE(out.find("message_stop"), std::string::npos);
  constexpr std::string_view kText = R"("type":"text_delta","text":")";
  std::string text;
  for (std::size_t at = out.find(kText); at != std::string::npos; at = out.find(kText, at + 1)) {
    const std::size_t begin = at + kText.size();
    text += out.substr(begin, out.find('"', begin) - begin);
  }
  return text;
}

TEST(ResponsesUpstream, WhatOnlyTheEndTellsIsTold) {
  const std::string end =
      R"(data: {"type":"response.completed","response":{"status":"completed","output":[)"
      R"({"type":"message","content":[{"type":"output_text","text":"hello"}]},)"
      R"({"type":"function_call","call_id":"c","name":"f","arguments":{"a":1}}]}})"
      "\n\n";
  EXPECT_EQ(TextOf(end), "hello");
  const auto translation = MakeTranslation(kAnthropic, kResponses);
  const std::string out = testing::TranslatedStream(*translation, end, 0);
  EXPECT_NE(out.find(R"("partial_json":"{\"a\":1}")"), std::string::npos);
  EXPECT_NE(out.find(R"("stop_reason":"tool_use")"), std::string::npos);
  const std::string delta =
      R"(data: {"type":"response.output_text.delta","output_index":0,"delta":"hello"})"
      "\n\n";
  EXPECT_EQ(TextOf(delta + end), "hello") << "not twice";
}

TEST(ResponsesUpstream, TextThatOnlyItsEndTellsIsTold) {
  const std::string done =
      R"(data: {"type":"response.output_text.done","output_index":0,"content_index":0,"text":"a"})"
      "\n\n"
      R"(data: {"type":"response.output_text.done","output_index":0,"content_index":1,"text":"b"})"
      "\n\n";
  const std::string end = "data: {\"type\":\"response.completed\",\"response\":{}}\n\n";
  EXPECT_EQ(TextOf(done + end), "ab");
  const std::string delta =
      R"(data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"})"
      "\n\n";
  EXPECT_EQ(TextOf(delta + done + end), "ab");
}

}  // namespace
}  // namespace weir::relay
