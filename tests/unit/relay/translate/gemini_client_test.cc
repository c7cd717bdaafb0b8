// Clients of Gemini's protocol on other providers: what only their requests and answers have.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/translate/gemini/schema.h"
#include "services/relay/translate/gemini/spelling.h"
#include "services/relay/translate/gemini/stream_writer.h"
#include "services/relay/translate/gemini/thought_envelope.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

namespace json = boost::json;

using testing::kAnthropic;
using testing::kChat;
using testing::kGemini;
using testing::MakeTranslation;
using testing::Parsed;

std::string Sent(Dialect upstream, std::string_view members, std::string* dropped = nullptr) {
  const auto translation = MakeTranslation(kGemini, upstream);
  const absl::Status status =
      testing::TranslateRequest(*translation, StrCat("{", members, "}"), testing::ChangesTo("up"));
  if (dropped != nullptr) *dropped = translation->dropped();
  return status.ok() ? translation->request() : std::string(View(status.message()));
}

constexpr std::string_view kAsked = R"("contents":[{"parts":[{"text":"q"}]}])";

TEST(GeminiClient, NamesMayBeSpelledInTwoWays) {
  EXPECT_TRUE(gemini::IsNamed("inlineData", "inlineData"));
  EXPECT_TRUE(gemini::IsNamed("inline_data", "inlineData"));
  for (const std::string_view other : {"inlinedata", "inline_Data", "inline_dat", "inline_data_"}) {
    EXPECT_FALSE(gemini::IsNamed(other, "inlineData")) << other;
  }
  const std::string camel = Sent(
      kChat,
      R"("systemInstruction":{"parts":[{"text":"s"}]},"generationConfig":{"maxOutputTokens":5,)"
      R"("stopSequences":["x"],"topK":40.0},"contents":[{"role":"user","parts":[)"
      R"({"inlineData":{"mimeType":"image/png","data":"QUJD"}}]}])");
  const std::string snake = Sent(
      kChat, R"("system_instruction":{"parts":[{"text":"s"}]},"generation_config":)"
             R"({"max_output_tokens":5,"stop_sequences":["x"],"top_k":40.0},"contents":[{"role":)"
             R"("user","parts":[{"inline_data":{"mime_type":"image/png","data":"QUJD"}}]}])");
  EXPECT_EQ(camel, snake);
  EXPECT_EQ(Parsed(camel).at("messages").at(1).at("content").at(0).at("image_url").at("url"),
            json::value("data:image/png;base64,QUJD"));
}

TEST(GeminiClient, PicturesMayBeInEitherAlphabet) {
  const json::value sent = Parsed(Sent(
      kAnthropic,
      R"("contents":[{"parts":[{"inlineData":{"mime_type":"image/png","data":"a-b_c+d/"}}]}])"));
  EXPECT_EQ(sent.at("messages").at(0).at("content").at(0).at("source").at("data"),
            json::value("a+b/c+d/"));
}

TEST(GeminiClient, CallsWithoutIdsAreMatchedByNameAndOrder) {
  const json::value sent = Parsed(Sent(
      kChat, R"("contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[)"
             R"({"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"g"}},)"
             R"({"functionCall":{"name":"f","args":{"a":2}}}]},{"role":"user","parts":[)"
             R"({"functionResponse":{"name":"g","response":{"result":{"x":1}}}},)"
             R"({"functionResponse":{"name":"f","response":{"output":"one"}}},)"
             R"({"functionResponse":{"name":"f","response":{"name":"f","content":"two"}}}]}])"));
  const json::array& messages = sent.at("messages").as_array();
  std::vector<std::string> ids;
  for (const json::value& call : messages[1].at("tool_calls").as_array()) {
    ids.emplace_back(call.at("id").as_string().c_str());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"call_1", "call_2", "call_3"}));
  EXPECT_EQ(messages[2],
            Parsed(R"({"role":"tool","tool_call_id":"call_2","content":"{\"x\":1}"})"));
  EXPECT_EQ(messages[3], Parsed(R"({"role":"tool","tool_call_id":"call_1","content":"one"})"));
  EXPECT_EQ(messages[4], Parsed(R"({"role":"tool","tool_call_id":"call_3","content":"two"})"));
}

TEST(GeminiClient, WhatFunctionsReturn) {
  const auto result = [](std::string_view response) {
    const json::value sent = Parsed(Sent(
        kAnthropic,
        StrCat(R"("contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":)",
               R"({"id":"c","name":"f"}}]},{"role":"function","parts":[{"functionResponse":)",
               R"({"id":"c","name":"f",)", response, "}}]}]")));
    return json::serialize(sent.at("messages").at(2).at("content").at(0));
  };
  EXPECT_EQ(result(R"("response":{"error":"no"})"),
            R"({"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"no"}],)"
            R"("is_error":true})");
  EXPECT_EQ(result(R"("response":{"a":1,"output":"x"})"),
            R"({"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":)"
            R"("{\"a\":1,\"output\":\"x\"}"}]})");
  EXPECT_EQ(result(R"("response":{"output":"s\n"},"parts":[{"inlineData":{"mimeType":"image/png",)"
                   R"("data":"QUJD"}}])"),
            R"({"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"s\n"},)"
            R"({"type":"image","source":{"type":"base64","media_type":"image/png",)"
            R"("data":"QUJD"}}]})");
}

std::string Sealed(std::string_view signature, std::string_view text) {
  const gemini::Thought thought{std::string(signature), std::string(text)};
  return gemini::SealThoughts({&thought, 1});
}

TEST(GeminiClient, SeveralThoughtsBeforeACallStayApart) {
  const gemini::Thought thoughts[] = {{"gw1.a", "one"}, {"gw1.b", "two"}};
  const std::vector<gemini::Thought> opened = gemini::OpenThoughts(gemini::SealThoughts(thoughts));
  ASSERT_EQ(opened.size(), 2U);
  EXPECT_EQ(opened[0].text + opened[1].signature, "onegw1.b");
}

TEST(GeminiClient, ThoughtsGoBackWithTheirCall) {
  const std::string sealed = Sealed("gw1.anthropic_messages.0.SIG", R"(h\"m)");
  EXPECT_EQ(sealed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789+/="),
            std::string::npos);
  const auto body = [](std::string_view signature) {
    return StrCat(R"("contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[)",
                  R"({"text":"seen","thought":true},{"functionCall":{"name":"f"},)",
                  R"("thought_signature":")", signature, R"("}]},{"role":"user","parts":[)",
                  R"({"functionResponse":{"name":"f","response":{"output":"r"}}}]}])");
  };
  const json::value sent = Parsed(Sent(kAnthropic, body(sealed)));
  EXPECT_EQ(sent.at("messages").at(1).at("content").at(0),
            Parsed(R"({"type":"thinking","thinking":"h\"m","signature":"SIG"})"));
  for (const std::string& foreign : {std::string("CrEB"), sealed.substr(0, 30), Sealed("EqQB", "x"),
                                     Sealed("gw1.openai_chat.", "x"),
                                     Sealed("gw1.anthropic_messages.7.SIG", "another account's"),
                                     std::string("eyJzaWduYXR1cmUiOiJndzEu")}) {
    const json::value other = Parsed(Sent(kAnthropic, body(foreign)));
    EXPECT_EQ(other.at("messages").at(1).at("content").as_array().size(), 1U) << foreign;
  }
}

TEST(GeminiClient, EnvelopesOpenInBothAlphabets) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, '\x7f');
    std::string sealed = Sealed("gw1.a.~~~???", text);
    for (char& c : sealed) c = c == '+' ? '-' : c == '/' ? '_' : c;
    const std::vector<gemini::Thought> thoughts = gemini::OpenThoughts(sealed);
    ASSERT_EQ(thoughts.size(), 1U) << size;
    EXPECT_EQ(thoughts[0].text, text);
    EXPECT_EQ(thoughts[0].signature, "gw1.a.~~~???");
  }
}

TEST(GeminiClient, SchemasOfItsOwnKindBecomeJsonSchema) {
  std::string out;
  EXPECT_TRUE(gemini::AppendAsJsonSchema(
      R"({"type":"OBJECT","nullable":true,"propertyOrdering":["a"],"properties":{"a":{"type":)"
      R"("STRING","format":"enum","enum":["x"],"example":"x"},"b":{"type":"ARRAY","min_items":"2",)"
      R"("items":{"type":"NUMBER","format":"double"}},"c":{"anyOf":[{"type":"INTEGER"},)"
      R"({"type":"TYPE_UNSPECIFIED"}],"maxItems":"x"}},"required":["a"]})",
      out));
  EXPECT_EQ(
      Parsed(out),
      Parsed(R"({"type":["object","null"],"properties":{"a":{"type":"string","enum":["x"]},)"
             R"("b":{"type":"array","minItems":2,"items":{"type":"number","format":"double"}},)"
             R"("c":{"anyOf":[{"type":"integer"},{}]}},"required":["a"]})"));
}

TEST(GeminiClient, ASchemasNumbersAsTextAreNumbersOfJsonOrLeftOut) {
  std::string out;
  EXPECT_TRUE(gemini::AppendAsJsonSchema(
      R"({"minItems":"05","maxItems":"99999999999999999999","minLength":"-1","maxLength":7})",
      out));
  EXPECT_EQ(out, R"({"minItems":5,"maxLength":7})");
}

TEST(GeminiClient, ToolsAndHowTheyMayBeCalled) {
  const std::string_view tools =
      R"(,"tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":)"
      R"("OBJECT"}},{"name":"g","parametersJsonSchema":{"type":"object"}}]},{"googleSearch":{}}])";
  std::string dropped;
  const auto sent = [&](std::string_view calling) {
    return Parsed(Sent(
        kChat, StrCat(kAsked, tools, R"(,"toolConfig":{"functionCallingConfig":{)", calling, "}}"),
        &dropped));
  };
  const json::value all = sent(R"("mode":"AUTO")");
  EXPECT_EQ(all.at("tools").at(0).at("function"),
            Parsed(R"({"name":"f","description":"d","parameters":{"type":"object"}})"));
  EXPECT_EQ(all.at("tool_choice"), json::value("auto"));
  EXPECT_EQ(dropped, "tools[1].googleSearch");
  EXPECT_EQ(sent(R"("mode":"ANY")").at("tool_choice"), json::value("required"));
  EXPECT_EQ(sent(R"("mode":"NONE")").at("tool_choice"), json::value("none"));
  const json::value one = sent(R"("mode":"ANY","allowedFunctionNames":["g"])");
  EXPECT_EQ(one.at("tools").as_array().size(), 2U);
  EXPECT_EQ(one.at("tool_choice").at("function").at("name"), json::value("g"));
}

TEST(GeminiClient, HowTheAnswerIsMade) {
  std::string dropped;
  const json::value sent = Parsed(Sent(
      kChat,
      StrCat(kAsked, R"(,"generationConfig":{"temperature":0.5,"topP":0.9,"candidateCount":1,)",
             R"("seed":7,"responseMimeType":"application/json","responseSchema":{"type":)",
             R"("STRING"},"thinkingConfig":{"thinkingLevel":"HIGH"}},"safetySettings":[])"),
      &dropped));
  EXPECT_EQ(sent.at("temperature").to_number<double>(), 0.5);
  EXPECT_EQ(sent.at("response_format").at("json_schema").at("schema"),
            Parsed(R"({"type":"string"})"));
  EXPECT_EQ(sent.at("reasoning_effort"), json::value("high"));
  EXPECT_EQ(dropped, "generationConfig.seed, safetySettings");
  const json::value off = Parsed(Sent(
      kChat, StrCat(kAsked, R"(,"generationConfig":{"thinkingConfig":{"thinkingBudget":0}})")));
  EXPECT_FALSE(off.as_object().contains("reasoning_effort"));
}

TEST(GeminiClient, WhatCannotBeSaidIsNamed) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {R"("contents":[])", "'contents' must hold"},
      {R"("contents":7)", "'contents' must be an array"},
      {R"("contents":[{"role":"tool","parts":[]}])", "'contents[0]' has a role"},
      {R"("contents":[{"parts":[{"inlineData":{"mimeType":"audio/wav","data":"A"}}]}])",
       "'contents[0].parts[0]' holds media"},
      {R"("contents":[{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://a/b"}}]}])",
       "'contents[0].parts[0]' holds a file"},
      {R"("contents":[{"parts":[{"executableCode":{"code":"x"}}]}])",
       "'contents[0].parts[0].executableCode' is of a type"},
      {R"("contents":[{"role":"model","parts":[{"functionCall":{"args":{}}}]}])",
       "'contents[0].parts[0].functionCall' needs the name"},
      {R"("contents":[{"parts":[{"text":"q"}]}],"cachedContent":"c")",
       "'cachedContent' stands for"},
      {R"("contents":[{"parts":[{"text":"q"}]}],"tools":[{"codeExecution":{}}])",
       "'tools' holds only tools that run at Google"},
      {R"("contents":[{"parts":[{"text":"q"}]}],"generationConfig":{"candidateCount":2})",
       "'generationConfig.candidateCount' must be 1"},
      {R"("contents":[{"parts":[{"text":"q"}]}],"generationConfig":{"responseModalities":["IMAGE"]})",
       "'generationConfig.responseModalities[0]' is not given"},
      {R"("contents":[{"parts":[{"text":"q"}]}],"generationConfig":{"responseSchema":7})",
       "'generationConfig.responseSchema' is a schema that cannot be read"},
  };
  for (const Dialect upstream : {kChat, kAnthropic}) {
    for (const auto& [members, problem] : kCases) {
      EXPECT_EQ(Sent(upstream, members).find(problem), 0U) << Sent(upstream, members);
    }
  }
}

std::string Streamed(const std::vector<AnswerEvent>& events, bool shows_thinking, bool& failed) {
  AnswerContext context;
  context.shows_thinking = shows_thinking;
  gemini::StreamWriter writer(context);
  for (const AnswerEvent& event : events) writer.On(event);
  failed = writer.failed();
  return std::move(writer.out());
}

TEST(GeminiClient, CallsComeWholeInTheirOrderHoweverTheirPiecesCome) {
  using Kind = AnswerEventKind;
  bool failed = false;
  const std::string out =
      Streamed({{.kind = Kind::kToolCall, .id = "a", .name = "f", .call = 0},
                {.kind = Kind::kToolCall, .id = "b", .name = "g", .call = 1},
                {.kind = Kind::kToolArguments, .text = "{\\n \\\"y\\\":", .call = 1},
                {.kind = Kind::kToolArguments, .text = "{\\\"x\\\":", .call = 0},
                {.kind = Kind::kToolArguments, .text = "2}", .call = 1},
                {.kind = Kind::kToolArguments, .text = "1}", .call = 0},
                {.kind = Kind::kToolArguments, .text = " ", .call = 0},
                {.kind = Kind::kEnd}},
               true, failed);
  EXPECT_FALSE(failed);
  const std::size_t first = out.find(R"("functionCall":{"id":"a","name":"f","args":{"x":1}})");
  const std::size_t second = out.find(R"("functionCall":{"id":"b","name":"g","args":{  "y":2}})");
  EXPECT_LT(first, second);
  EXPECT_NE(second, std::string::npos) << out;
}

TEST(GeminiClient, ArgumentsAreHeldWithinABound) {
  using Kind = AnswerEventKind;
  bool failed = false;
  const std::string piece(AnswerWriter::kHeldBytesMax + 1, 'x');
  Streamed({{.kind = Kind::kToolCall, .id = "a", .name = "f"},
            {.kind = Kind::kToolArguments, .text = piece}},
           true, failed);
  EXPECT_TRUE(failed);
}

TEST(GeminiClient, ThinkingIsShownToWhoAsks) {
  using Kind = AnswerEventKind;
  bool failed = false;
  const std::vector<AnswerEvent> events = {
      {.kind = Kind::kThinking, .text = "secret"},
      {.kind = Kind::kToolCall, .id = "a", .name = "f"},
      {.kind = Kind::kToolArguments, .text = "{}"},
      {.kind = Kind::kEnd},
  };
  EXPECT_NE(Streamed(events, true, failed).find(R"("text":"secret","thought":true)"),
            std::string::npos);
  const std::string hidden = Streamed(events, false, failed);
  EXPECT_EQ(hidden.find("secret"), std::string::npos);
  EXPECT_NE(hidden.find("thoughtSignature"), std::string::npos) << "the model wants it back";
}

// What the client has got when so much of the stream has come.
std::string ArrayOf(std::string_view stream, std::size_t cut, bool& failed) {
  const auto translation = MakeTranslation(kGemini, kChat);
  translation->context().as_array = true;
  std::string made = testing::TranslatedStream(*translation, stream, cut);
  failed = translation->failed();
  return made;
}

constexpr std::string_view kTwoPieces =
    "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"two\"}}]}\n\n";

TEST(GeminiClient, AStreamWithoutEventsIsAnArrayThatGrows) {
  const std::string stream =
      StrCat(kTwoPieces, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
             "data: [DONE]\n\n");
  bool failed = false;
  const std::string whole = ArrayOf(stream, stream.size(), failed);
  const json::array items = Parsed(whole).as_array();
  ASSERT_EQ(items.size(), 3U);
  const auto text = [&items](std::size_t i) {
    return items[i].at("candidates").at(0).at("content").at("parts").at(0).at("text");
  };
  EXPECT_EQ(text(0), json::value("one"));
  EXPECT_EQ(text(1), json::value("two"));
  EXPECT_EQ(items[2].at("candidates").at(0).at("finishReason"), json::value("STOP"));
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    ASSERT_EQ(ArrayOf(stream, cut, failed), whole) << cut;
  }
}

TEST(GeminiClient, EachItemOfAnArrayGoesOutWithItsEvent) {
  const auto translation = MakeTranslation(kGemini, kChat);
  translation->context().as_array = true;
  translation->BeginAnswer(Translation::AnswerForm::kStream, /*wants_stream=*/true, 200);
  EXPECT_FALSE(translation->holds_until_end());
  const std::size_t first = kTwoPieces.find("\n\n") + 2;
  const std::string one(translation->Feed(kTwoPieces.substr(0, first), /*last=*/false));
  EXPECT_TRUE(one.starts_with(R"([{"candidates":[{"content":{"parts":[{"text":"one"}])")) << one;
  EXPECT_TRUE(one.ends_with('}')) << one;
  const std::string two(translation->Feed(kTwoPieces.substr(first), /*last=*/false));
  EXPECT_TRUE(two.starts_with(",\r\n{") && two.ends_with('}')) << two;
}

TEST(GeminiClient, AnErrorIsTheLastItemOfAnArray) {
  for (const std::string_view before : {std::string_view(), kTwoPieces}) {
    const std::string stream =
        StrCat(before, R"(data: {"error":{"message":"full","code":503}})", "\n\n");
    bool failed = false;
    const json::array items = Parsed(ArrayOf(stream, stream.size(), failed)).as_array();
    ASSERT_EQ(items.size(), before.empty() ? 1U : 3U);
    EXPECT_EQ(items.back().at("error").at("message"), json::value("full"));
  }
}

TEST(GeminiClient, AWholeAnswerInsteadOfAStreamIsAnArrayOfOne) {
  const auto translation = MakeTranslation(kGemini, kChat);
  translation->context().as_array = true;
  const json::value answer = Parsed(testing::TranslatedAnswer(
      *translation, R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]})"));
  ASSERT_EQ(answer.as_array().size(), 1U);
  EXPECT_EQ(answer.at(0).at("candidates").at(0).at("finishReason"), json::value("STOP"));
}

}  // namespace
}  // namespace weir::relay
