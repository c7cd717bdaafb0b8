// What providers are known to refuse, and what they get instead.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using namespace testing;

struct Sent {
  boost::json::object body;
  std::string json;
  std::string dropped;
  std::string refusal;
};

Sent Send(Dialect client, Dialect upstream, std::string_view body, const Target& target = {}) {
  const auto translation = MakeTranslation(client, upstream);
  const absl::Status status =
      TranslateRequest(*translation, body, ChangesTo("m"), /*stream=*/false, target);
  if (!status.ok()) return {{}, {}, {}, std::string(View(status.message()))};
  return {Parsed(translation->request()).as_object(),
          translation->request(),
          translation->dropped(),
          {}};
}

std::string Text(const boost::json::value& value) {
  return boost::json::value_to<std::string>(value);
}

// A Responses client's step of a loop of tools, as it got `reasoning` with its call.
std::string ToolStep(std::string_view reasoning, std::string_view more = "") {
  return StrCat(R"({"max_output_tokens":9000,"reasoning":{"effort":"low"},)",
                R"("tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],)",
                R"("input":[{"type":"message","role":"user","content":"hi"},)", reasoning,
                R"({"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},)",
                R"({"type":"function_call_output","call_id":"c1","output":"ok"})", more, "]}");
}

// What the gateway made of Claude's signed thinking for a Responses client.
std::string SignedReasoning() {
  const auto translation = MakeTranslation(kResponses, kAnthropic);
  const std::string answer =
      TranslatedAnswer(*translation,
                       R"({"id":"m","type":"message","role":"assistant","model":"c","content":[
          {"type":"thinking","thinking":"hm","signature":"c2ln"},
          {"type":"tool_use","id":"c1","name":"f","input":{}}],
          "stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}})");
  const boost::json::value parsed = Parsed(answer);
  return StrCat(boost::json::serialize(parsed.at("output").at(0)), ",");
}

TEST(RefusedRequests, ThinkingGoesOnWhereItsSignedBlockCameAlong) {
  const Sent sent = Send(kResponses, kAnthropic, ToolStep(SignedReasoning()));
  ASSERT_EQ(sent.refusal, "");
  ASSERT_TRUE(sent.body.contains("thinking")) << sent.json;
  EXPECT_EQ(Text(sent.body.at("messages").at(1).at("content").at(0).at("type")), "thinking");
}

TEST(RefusedRequests, ThinkingGoesOnWhereALaterStepOfTheLoopHadNone) {
  const std::string more =
      R"(,{"type":"function_call","call_id":"c2","name":"f","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"c2","output":"ok"})";
  EXPECT_TRUE(
      Send(kResponses, kAnthropic, ToolStep(SignedReasoning(), more)).body.contains("thinking"));
}

TEST(RefusedRequests, ThinkingIsOffWhereTheCallsHaveNone) {
  EXPECT_FALSE(Send(kResponses, kAnthropic, ToolStep("")).body.contains("thinking"));
  const std::string others =
      R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"of OpenAI"},)";
  EXPECT_FALSE(Send(kResponses, kAnthropic, ToolStep(others)).body.contains("thinking"));
  // Thinking of before the user spoke again is none of this loop's.
  const std::string again =
      R"(,{"type":"message","role":"assistant","content":"done"},)"
      R"({"type":"message","role":"user","content":"again"},)"
      R"({"type":"function_call","call_id":"c2","name":"f","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"c2","output":"ok"})";
  EXPECT_FALSE(
      Send(kResponses, kAnthropic, ToolStep(SignedReasoning(), again)).body.contains("thinking"));
}

TEST(RefusedRequests, ClaudeTakesOneOfTwoWaysToSample) {
  const std::string both = R"({"contents":[{"parts":[{"text":"hi"}]}],)"
                           R"("generationConfig":{"temperature":1,"topP":0.95,"topK":64}})";
  const Target one{.takes_top_p_beside_temperature = false};
  const Sent sent = Send(kGemini, kAnthropic, both, one);
  EXPECT_TRUE(sent.body.contains("temperature") && sent.body.contains("top_k"));
  EXPECT_FALSE(sent.body.contains("top_p"));
  EXPECT_EQ(sent.dropped, "top_p");
  EXPECT_TRUE(Send(kGemini, kAnthropic, both).body.contains("top_p"));
  const std::string alone = R"({"contents":[{"parts":[{"text":"hi"}]}],)"
                            R"("generationConfig":{"topP":0.95}})";
  EXPECT_TRUE(Send(kGemini, kAnthropic, alone, one).body.contains("top_p"));
}

TEST(RefusedRequests, NoMoreTokensThanAModelSays) {
  const Target small{.output_tokens_max = 16'384};
  const auto asks = [](std::string_view tokens) {
    return StrCat(R"({"max_tokens":)", tokens, R"(,"messages":[{"role":"user","content":"hi"}]})");
  };
  EXPECT_EQ(Send(kAnthropic, kChat, asks("128000"), small).body.at("max_tokens"), 16'384);
  EXPECT_EQ(Send(kAnthropic, kChat, asks("128000")).body.at("max_tokens"), 128'000);
  EXPECT_EQ(Send(kAnthropic, kChat, asks("9"), small).body.at("max_tokens"), 9);
  EXPECT_EQ(Send(kAnthropic, kResponses, asks("128000"), small).body.at("max_output_tokens"),
            16'384);
}

TEST(RefusedRequests, WhoNamesNoLimitGetsWhatTheModelSays) {
  const std::string ask = R"({"messages":[{"role":"user","content":"hi"}])";
  const auto tokens = [&](std::string_view more, std::int64_t max) {
    return Send(kChat, kAnthropic, StrCat(ask, more, "}"), {.output_tokens_max = max})
        .body.at("max_tokens")
        .as_int64();
  };
  EXPECT_EQ(tokens("", 0), 8'192);
  EXPECT_EQ(tokens("", 4'096), 4'096);
  EXPECT_EQ(tokens("", 64'000), 32'000);
  constexpr std::string_view kHigh = R"(,"reasoning_effort":"high")";
  EXPECT_EQ(tokens(kHigh, 0), 8'192 + 16'384);
  EXPECT_EQ(tokens(kHigh, 64'000), 32'000 + 16'384);
  EXPECT_EQ(tokens(kHigh, 8'192), 8'192);
}

std::string WithSchema(std::string_view schema) {
  return StrCat(R"({"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function",)",
                R"("function":{"name":"f","parameters":)", schema, "}}]}");
}

TEST(RefusedRequests, ASchemaSaysThatItIsAnObject) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{}", R"({"type":"object"})"},
      {"{ }", R"({"type":"object"})"},
      {R"({"properties":{"type":{"type":"string"}}})",
       R"({"type":"object","properties":{"type":{"type":"string"}}})"},
      {R"({ "type":"object"})", R"({"type":"object"})"},
      {R"({"title":"t","type":"object"})", R"({"title":"t","type":"object"})"},
      {R"({"title":"t","t\u0079pe":"object"})", R"({"title":"t","type":"object"})"},
  };
  for (const auto& [schema, wanted] : cases) {
    const Sent sent = Send(kChat, kAnthropic, WithSchema(schema));
    ASSERT_EQ(sent.refusal, "") << schema;
    EXPECT_EQ(sent.body.at("tools").at(0).at("input_schema"), Parsed(wanted)) << sent.json;
  }
  EXPECT_EQ(Send(kChat, kAnthropic,
                 R"({"messages":[{"role":"user","content":"hi"}],)"
                 R"("tools":[{"type":"function","function":{"name":"f"}}]})")
                .body.at("tools")
                .at(0)
                .at("input_schema")
                .at("type"),
            "object");
}

std::string Turns(std::string_view turns) { return StrCat(R"({"messages":[)", turns, "]}"); }

TEST(RefusedRequests, BlankTextsAreLeftOutForClaude) {
  const Sent sent = Send(kChat, kAnthropic, Turns(R"({"role":"system","content":" \n"},
      {"role":"user","content":[{"type":"text","text":" \t\r\n\u0020\u00a0"},{"type":"text","text":"a"}]},
      {"role":"assistant","content":"  \n"},
      {"role":"user","content":"b"})"));
  ASSERT_EQ(sent.refusal, "");
  EXPECT_FALSE(sent.body.contains("system")) << sent.json;
  EXPECT_EQ(sent.json.find("assistant"), std::string::npos) << sent.json;
  const auto& content = sent.body.at("messages").at(0).at("content").as_array();
  EXPECT_EQ(Text(content[0].at("text")), "a") << sent.json;
  EXPECT_EQ(Send(kChat, kAnthropic, Turns(R"({"role":"user","content":" \n"})")).refusal,
            "'messages' holds nothing that is not empty");
}

TEST(RefusedRequests, WhatIsNotBlankStaysAsItIs) {
  const Sent sent = Send(kChat, kAnthropic, Turns(R"({"role":"user","content":" a \n"},
      {"role":"assistant","content":" b \n"},{"role":"user","content":"\\n"})"));
  ASSERT_EQ(sent.refusal, "");
  const auto& messages = sent.body.at("messages").as_array();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(Text(messages[0].at("content").at(0).at("text")), " a \n");
  EXPECT_EQ(Text(messages[1].at("content").at(0).at("text")), " b \n");
  EXPECT_EQ(Text(messages[2].at("content").at(0).at("text")), "\\n");
}

TEST(RefusedRequests, AnAnswerToGoOnFromEndsWithALetter) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"(Once \n )", "Once"}, {R"(\\n\t)", "\\n"}, {R"(a\u0020\u00a0)", "a"}, {"{", "{"}};
  for (const auto& [said, wanted] : cases) {
    const Sent sent = Send(kChat, kAnthropic,
                           Turns(StrCat(R"({"role":"user","content":"hi"},)",
                                        R"({"role":"assistant","content":")", said, "\"}")));
    ASSERT_EQ(sent.refusal, "") << said;
    EXPECT_EQ(Text(sent.body.at("messages").at(1).at("content").at(0).at("text")), wanted) << said;
  }
}

TEST(RefusedRequests, WhatIsLeftOutBehindAnAnswerDoesNotHideItsEnd) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"role":"assistant","content":"Once \n"},{"role":"user","content":" \n"})", "Once"},
      {R"({"role":"assistant","content":"Once "},{"role":"user","content":""},)"
       R"({"role":"assistant","content":" "})",
       "Once"},
      {R"({"role":"assistant","content":"Once "},{"role":"user","content":"so"})", "Once "}};
  for (const auto& [turns, wanted] : cases) {
    const Sent sent =
        Send(kChat, kAnthropic, Turns(StrCat(R"({"role":"user","content":"hi"},)", turns)));
    ASSERT_EQ(sent.refusal, "") << turns;
    EXPECT_EQ(Text(sent.body.at("messages").at(1).at("content").at(0).at("text")), wanted) << turns;
  }
}

// OpenAI's own reasoning, as an Anthropic client brings it back: just where it was read.
std::string OwnReasoning(Dialect client) {
  const auto translation = MakeTranslation(client, kResponses);
  return TranslatedAnswer(
      *translation,
      R"({"id":"r","object":"response","status":"completed","model":"g","output":[
          {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"ZW5j"},
          {"type":"message","role":"assistant","content":[{"type":"output_text","text":"x"}]}],
          "usage":{"input_tokens":1,"output_tokens":2}})");
}

TEST(RefusedRequests, ReasoningThatNothingFollowsStaysAway) {
  const boost::json::value answer = Parsed(OwnReasoning(kAnthropic));
  const std::string thinking = boost::json::serialize(answer.at("content").at(0));
  const auto ask = [&](std::string_view behind) {
    return Send(kAnthropic, kResponses,
                StrCat(R"({"max_tokens":99,"messages":[{"role":"user","content":"a"},)",
                       R"({"role":"assistant","content":[)", thinking, behind,
                       R"(]},{"role":"user","content":"b"}]})"))
        .body.at("input")
        .as_array();
  };
  const auto cut = ask("");
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(Text(cut[1].at("role")), "user");
  EXPECT_EQ(ask(R"(,{"type":"text","text":""})").size(), 2U);
  const auto whole = ask(R"(,{"type":"text","text":"x"})");
  ASSERT_EQ(whole.size(), 4U);
  EXPECT_EQ(Text(whole[1].at("type")), "reasoning");
}

TEST(RefusedRequests, AGeminiSchemaHasNoMemberTwice) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"type":"object","anyOf":[{"type":"object"}],"allOf":[{"title":"b"}]})",
       R"({"type":"object","anyOf":[{"type":"object"}]})"},
      {R"({"type":"object","properties":{"a":{"const":1,"enum":[1,2]}}})",
       R"({"type":"object","properties":{"a":{"enum":[1]}}})"},
      {R"({"type":"object","prefixItems":[{"type":"string"}],"items":[{"type":"number"}]})",
       R"({"type":"object","prefixItems":[{"type":"string"}]})"},
  };
  for (const auto& [schema, wanted] : cases) {
    const Sent sent = Send(kChat, kGemini, WithSchema(schema));
    ASSERT_EQ(sent.refusal, "") << schema;
    const auto& tool = sent.body.at("tools").at(0).at("functionDeclarations").at(0);
    EXPECT_EQ(tool.at("parametersJsonSchema"), Parsed(wanted)) << sent.json;
    EXPECT_NE(sent.json.find(wanted), std::string::npos) << sent.json;
  }
}

TEST(RefusedRequests, APictureOfNothingIsNamedByItsPlace) {
  const std::string chat = Turns(
      R"({"role":"user","content":[{"type":"text","text":"x"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,"}}]})");
  const std::string messages = Turns(
      R"({"role":"user","content":[{"type":"text","text":"x"},{"type":"image",
          "source":{"type":"base64","media_type":"image/png","data":""}}]})");
  for (const Dialect upstream : {kAnthropic, kResponses, kGemini}) {
    EXPECT_EQ(Send(kChat, upstream, chat).refusal, "'messages[0].content[1]' holds no data");
  }
  for (const Dialect upstream : {kChat, kResponses, kGemini}) {
    EXPECT_EQ(Send(kAnthropic, upstream, messages).refusal,
              "'messages[0].content[1]' holds no data");
  }
}

std::string Namespaces(std::string_view tools) {
  return StrCat(R"({"input":"hi","tools":[)", tools, "]}");
}

constexpr std::string_view kSplitOne =
    R"({"type":"namespace","name":"a","tools":[{"type":"function","name":"b__c"}]})";

TEST(RefusedRequests, TwoToolsThatWouldHaveOneName) {
  const Sent sent =
      Send(kResponses, kAnthropic,
           Namespaces(StrCat(
               kSplitOne,
               R"(,{"type":"namespace","name":"a__b","tools":[{"type":"function","name":"c"}]})")));
  EXPECT_EQ(sent.refusal,
            "'tools' holds two tools that are both a__b__c for this model's provider");
  const Sent plain =
      Send(kResponses, kAnthropic,
           Namespaces(StrCat(kSplitOne, R"(,{"type":"function","name":"a__b__c"})")));
  EXPECT_NE(plain.refusal.find("a__b__c"), std::string::npos);
  EXPECT_EQ(Send(kResponses, kAnthropic, Namespaces(kSplitOne)).refusal, "");
}

TEST(RefusedRequests, AToolThatIsBroughtAlongTwiceIsOne) {
  const Sent sent = Send(kResponses, kAnthropic, Namespaces(StrCat(kSplitOne, ",", kSplitOne)));
  ASSERT_EQ(sent.refusal, "");
  EXPECT_EQ(sent.body.at("tools").as_array().size(), 1U);
}

TEST(RefusedRequests, NamesOfToolsHaveLettersThatAreTaken) {
  const auto translation = MakeTranslation(kGemini, kAnthropic);
  const absl::Status status =
      TranslateRequest(*translation,
                       R"({"contents":[{"role":"user","parts":[{"text":"hi"}]},
          {"role":"model","parts":[{"functionCall":{"name":"a.b:c","args":{}}}]},
          {"role":"user","parts":[{"functionResponse":{"name":"a.b:c","response":{"output":"o"}}}]}],
          "tools":[{"functionDeclarations":[{"name":"a.b:c"},{"name":"plain_one-2"}]}],
          "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["a.b:c"]}}})",
                       ChangesTo("m"));
  ASSERT_TRUE(status.ok()) << status;
  const boost::json::value body = Parsed(translation->request());
  const std::string made = Text(body.at("tools").at(0).at("name"));
  EXPECT_TRUE(made.starts_with("a_b_c_")) << made;
  EXPECT_EQ(made.find_first_of(".:"), std::string::npos);
  EXPECT_EQ(Text(body.at("messages").at(1).at("content").at(0).at("name")), made);
  EXPECT_EQ(Text(body.at("tool_choice").at("name")), made);
  const std::string answer = TranslatedAnswer(
      *translation,
      StrCat(R"({"id":"m","type":"message","role":"assistant","model":"c","content":[)",
             R"({"type":"tool_use","id":"t","name":")", made,
             R"(","input":{}}],"stop_reason":"tool_use",)",
             R"("usage":{"input_tokens":1,"output_tokens":2}})"));
  EXPECT_NE(answer.find(R"("name":"a.b:c")"), std::string::npos) << answer;
}

TEST(RefusedRequests, NoSystemMessageThatSaysNothing) {
  const std::string body =
      R"({"max_tokens":9,"system":"","messages":[{"role":"user","content":"hi"}]})";
  const Sent sent = Send(kAnthropic, kChat, body);
  ASSERT_EQ(sent.body.at("messages").as_array().size(), 1U) << sent.json;
  const Sent later = Send(kAnthropic, kChat,
                          R"({"max_tokens":9,"messages":[{"role":"user","content":"hi"},
                              {"role":"system","content":""}]})");
  EXPECT_EQ(later.body.at("messages").as_array().size(), 1U) << later.json;
}

}  // namespace
}  // namespace weir::relay
