// Bodies that are no JSON: what a translation carries on as it stands is looked at first, so that
// nothing broken goes upstream and the client is told the field.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::kAnthropic;
using testing::kChat;
using testing::kGemini;
using testing::kResponses;

constexpr std::string_view kAnthropicBody =
    R"({"model":"x","system":[{"type":"text","text":"s \"q\""}],"max_tokens":9,"top_k":3,)"
    R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64",)"
    R"("media_type":"image/png","data":"QUJD"}},{"type":"text","text":"\u00e9\n"}]},)"
    R"({"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f",)"
    R"("input":{"a":[1,null,{"b":-0.5e1}]}}]},{"role":"user","content":[)"
    R"({"type":"tool_result","tool_use_id":"t1","content":"r","is_error":false}]}],)"
    R"("tools":[{"name":"f","description":"d\t","strict":true,"input_schema":{"type":"object",)"
    R"("properties":{"a":{"enum":["\u00e9",true]}},"required":["a"]}}],)"
    R"("tool_choice":{"type":"tool","name":"f"},"metadata":{"user_id":"u"},"temperature":0.5,)"
    R"("stop_sequences":["\n"],"output_config":{"format":{"type":"json_schema",)"
    R"("schema":{"type":"object"}}}})";

constexpr std::string_view kChatBody =
    R"({"model":"x","max_tokens":9,"temperature":0.5,"stop":["\n"],"user":"u","messages":[)"
    R"({"role":"system","content":"s \"q\""},{"role":"user","content":[{"type":"image_url",)"
    R"("image_url":{"url":"data:image/png;base64,QUJD"}},{"type":"text","text":"\u00e9\n"}]},)"
    R"({"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function",)"
    R"("function":{"name":"f","arguments":"{\"a\":[1,{\"b\":\"\\n\"}]}"}}]},)"
    R"({"role":"tool","tool_call_id":"t1","content":"r"}],"tools":[{"type":"function",)"
    R"("function":{"name":"f","description":"d\t","strict":true,"parameters":{"type":"object",)"
    R"("properties":{"a":{"enum":["\u00e9",-0.5e1,null]}},"required":["a"]}}}],)"
    R"("tool_choice":{"type":"function","function":{"name":"f"}},)"
    R"("response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,)"
    R"("schema":{"type":"object"}}}})";

constexpr std::string_view kResponsesBody =
    R"({"model":"x","instructions":"s \"q\"","max_output_tokens":9,"temperature":0.5,"user":"u",)"
    R"("input":[{"role":"user","content":[{"type":"input_image","image_url":)"
    R"("data:image/png;base64,QUJD"},{"type":"input_text","text":"\u00e9\n"}]},)"
    R"({"type":"function_call","call_id":"t1","name":"f","arguments":"{\"a\":[1]}"},)"
    R"({"type":"function_call_output","call_id":"t1","output":"r"},)"
    R"({"type":"custom_tool_call","call_id":"t2","name":"g","input":"a \"b\"\n"},)"
    R"({"type":"custom_tool_call_output","call_id":"t2","output":"r"}],)"
    R"("tools":[{"type":"function","name":"f","description":"d\t","strict":true,)"
    R"("parameters":{"type":"object","properties":{"a":{"enum":["\u00e9",-0.5e1,null]}}}},)"
    R"({"type":"custom","name":"g","format":{"type":"grammar","definition":"\\d+"}}],)"
    R"("tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_schema",)"
    R"("name":"n","strict":true,"schema":{"type":"object"}}}})";

constexpr std::string_view kGeminiBody =
    R"({"model":"x","systemInstruction":{"parts":[{"text":"s \"q\""}]},"contents":[)"
    R"({"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}},)"
    R"({"text":"\u00e9\n"}]},{"role":"model","parts":[{"functionCall":{"name":"f",)"
    R"("args":{"a":[1,null,{"b":-0.5e1}]}}}]},{"role":"user","parts":[{"functionResponse":)"
    R"({"name":"f","response":{"output":{"c":["\n",true]}}}}]}],"tools":[)"
    R"({"functionDeclarations":[{"name":"f","description":"d\t","parameters":{"type":"OBJECT",)"
    R"("properties":{"a":{"type":"STRING","enum":["\u00e9"],"minLength":"1"}}}},)"
    R"({"name":"g","parametersJsonSchema":{"type":"object","required":["a"]}}]}],)"
    R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},)"
    R"("generationConfig":{"maxOutputTokens":9,"temperature":0.5,"topK":40.0,)"
    R"("stopSequences":["\n"],"responseMimeType":"application/json",)"
    R"("responseJsonSchema":{"type":"object"}}})";

constexpr struct {
  Dialect dialect;
  std::string_view body;
} kBodies[] = {
    {kAnthropic, kAnthropicBody},
    {kChat, kChatBody},
    {kResponses, kResponsesBody},
    {kGemini, kGeminiBody},
};
constexpr Dialect kDialects[] = {kAnthropic, kChat, kResponses, kGemini};

// Why it was refused; empty where JSON was made of it.
std::string Refusal(Dialect client, Dialect upstream, std::string_view body) {
  const auto translation = testing::MakeTranslation(client, upstream);
  const absl::Status status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("m"));
  if (!status.ok()) {
    EXPECT_FALSE(status.message().empty());
    return std::string(status.message().data(), status.message().size());
  }
  const std::string& made = translation->request();
  boost::json::error_code error;
  boost::json::parse({made.data(), made.size()}, error);
  EXPECT_FALSE(error) << body << "\nbecame\n" << made;
  return {};
}

void ExpectJsonOrRefusal(Dialect client, std::string_view body) {
  for (const Dialect upstream : kDialects) {
    if (upstream != client) Refusal(client, upstream, body);
  }
}

TEST(BrokenJson, WholeBodiesPass) {
  for (const auto& [client, body] : kBodies) {
    testing::Parsed(body);
    for (const Dialect upstream : kDialects) {
      if (upstream == client) continue;
      EXPECT_EQ(Refusal(client, upstream, body), "") << DialectName(client);
    }
  }
}

// One byte more, less, or another one, at every place.
TEST(BrokenJson, NoBrokenBodyMakesABrokenRequest) {
  for (const auto& [client, body] : kBodies) {
    for (std::size_t at = 0; at < body.size() && !::testing::Test::HasFailure(); ++at) {
      const std::string_view head = body.substr(0, at);
      ExpectJsonOrRefusal(client, StrCat(head, body.substr(at + 1)));
      for (const char other : {'"', '\\', '}', ']', ',', '0'}) {
        ExpectJsonOrRefusal(client, StrCat(head, other, body.substr(at + 1)));
      }
      for (const char more : {'\\', '"', 'x'}) {
        ExpectJsonOrRefusal(client, StrCat(head, more, body.substr(at)));
      }
    }
  }
}

// `whole` in the body becomes `broken`, and every upstream's translation names `place`.
struct Break {
  Dialect client;
  std::string_view body;
  std::string_view whole;
  std::string_view broken;
  std::string_view place;
};

void ExpectNamed(const Break& row) {
  const std::size_t at = row.body.find(row.whole);
  ASSERT_NE(at, std::string_view::npos) << row.whole;
  const std::string body =
      StrCat(row.body.substr(0, at), row.broken, row.body.substr(at + row.whole.size()));
  for (const Dialect upstream : kDialects) {
    if (upstream == row.client) continue;
    EXPECT_EQ(Refusal(row.client, upstream, body),
              StrCat("the JSON is broken at or behind '", row.place, "'"))
        << row.broken;
  }
}

TEST(BrokenJson, TheFieldIsNamedToAnthropicsClients) {
  constexpr Break kBreaks[] = {
      {kAnthropic, kAnthropicBody, R"(["a"]})", R"(["a",]})", "tools[0].input_schema"},
      {kAnthropic, kAnthropicBody, "true]", "tru]", "tools[0].input_schema"},
      {kAnthropic, kAnthropicBody, "-0.5e1", "-.5e1", "messages[1].content[0].input"},
      {kAnthropic, kAnthropicBody, R"(d\t)", R"(d\w)", "tools[0].description"},
      {kAnthropic, kAnthropicBody, R"(\u00e9\n)", R"(\u00\n)", "messages[0].content[1].text"},
      {kAnthropic, kAnthropicBody, R"({"type":"object"}})", R"({"type" "object"}})",
       "output_config.format.schema"},
      {kAnthropic, kAnthropicBody, R"("user_id":"u")", R"("user_id":"\u")", "metadata.user_id"},
      {kAnthropic, kAnthropicBody, R"("name":"f"},"metadata")", R"("name":"\f\g"},"metadata")",
       "tool_choice.name"},
      {kAnthropic, kAnthropicBody, R"(["\n"])", R"(["\m"])", "stop_sequences[0]"},
      {kAnthropic, kAnthropicBody, R"("top_k":3)", R"("top_k":nul)", "top_k"},
  };
  for (const Break& row : kBreaks) ExpectNamed(row);
}

TEST(BrokenJson, TheFieldIsNamedToChatsClients) {
  constexpr Break kBreaks[] = {
      {kChat, kChatBody, R"(["a"]})", R"(["a"}})", "tools[0].function.parameters"},
      {kChat, kChatBody, "-0.5e1", "-0.5e", "tools[0].function.parameters"},
      {kChat, kChatBody, R"({"type":"object"}})", R"({"type":'object'}})",
       "response_format.json_schema.schema"},
      {kChat, kChatBody, R"("arguments":"{\")", R"("arguments":"{\a\")",
       "messages[2].tool_calls[0].function.arguments"},
      {kChat, kChatBody, R"("user":"u")", R"("user":"\u12")", "user"},
  };
  for (const Break& row : kBreaks) ExpectNamed(row);
}

TEST(BrokenJson, TheFieldIsNamedToResponsesClients) {
  constexpr Break kBreaks[] = {
      {kResponses, kResponsesBody, "-0.5e1", "-0.5.1", "tools[0].parameters"},
      {kResponses, kResponsesBody, R"({"type":"object"}})", R"({"type":"object",}})",
       "text.format.schema"},
      {kResponses, kResponsesBody, R"(a \"b\"\n)", R"(a \"b\"\N)", "input[3].input"},
      {kResponses, kResponsesBody, R"(\\d+)", R"(\d+)", "tools[1].format.definition"},
  };
  for (const Break& row : kBreaks) ExpectNamed(row);
}

TEST(BrokenJson, TheFieldIsNamedToGeminisClients) {
  constexpr Break kBreaks[] = {
      {kGemini, kGeminiBody, "-0.5e1", "- 0.5e1", "contents[1].parts[0].functionCall.args"},
      {kGemini, kGeminiBody, R"("minLength":"1")", R"("minLength":01)",
       "tools[0].functionDeclarations[0].parameters"},
      {kGemini, kGeminiBody, R"("required":["a"])",
       R"("required":["a"])"
       ":",
       "tools[0].functionDeclarations[1].parametersJsonSchema"},
      {kGemini, kGeminiBody, R"("c":)", R"(c:)", "contents[2].parts[0].functionResponse.response"},
      {kGemini, kGeminiBody, R"({"type":"object"}}})", R"({"type":}}})",
       "generationConfig.responseJsonSchema"},
  };
  for (const Break& row : kBreaks) ExpectNamed(row);
}

// A name is cut where it is too long for the target, but not within a letter.
TEST(BrokenJson, LongNamesAreCutBetweenLetters) {
  for (const std::string_view letter : {R"(\u00e9)", "\xC3\xA9", R"(\\)", R"(\")"}) {
    for (std::size_t before = 40; before < 64; ++before) {
      std::string name(before, 'n');
      while (name.size() < 80) name += letter;
      const std::string body =
          StrCat(R"({"model":"x","contents":[{"parts":[{"text":"hi"}]}],"tools":[)"
                 R"({"functionDeclarations":[{"name":")",
                 name, R"("}]}]})");
      for (const Dialect upstream : {kAnthropic, kChat, kResponses}) {
        EXPECT_EQ(Refusal(kGemini, upstream, body), "") << name;
      }
    }
  }
}

// Numbers that no program counts with are JSON all the same.
TEST(BrokenJson, LargeNumbersPass) {
  constexpr std::string_view kNumbers =
      R"({"type":"object","properties":{"a":{"maximum":123456789012345678901234567890}}})";
  const std::string body =
      StrCat(R"({"model":"x","messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f",)"
             R"("input_schema":)",
             kNumbers, "}]}");
  EXPECT_EQ(Refusal(kAnthropic, kChat, body), "");
}

}  // namespace
}  // namespace weir::relay
