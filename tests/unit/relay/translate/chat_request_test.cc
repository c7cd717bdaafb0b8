// Chat's requests onto Anthropic: the single points of docs/protocols.md's table.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::MakeTranslation;
using testing::Parsed;

struct Made {
  absl::Status status;
  boost::json::object body;
  std::string dropped;
};

Made Translate(std::string_view body, const Target& target = {}) {
  const auto translation = MakeTranslation(testing::kChat, testing::kAnthropic);
  Made made;
  made.status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("m"), false, target);
  made.dropped = translation->dropped();
  if (made.status.ok()) made.body = Parsed(translation->request()).as_object();
  return made;
}
// A request with these members beside one message.
Made With(std::string_view members, const Target& target = {}) {
  return Translate(
      StrCat(R"({"model":"x","messages":[{"role":"user","content":"hi"}],)", members, "}"), target);
}
boost::json::array Messages(std::string_view messages) {
  const Made made = Translate(StrCat(R"({"model":"x","messages":)", messages, "}"));
  EXPECT_TRUE(made.status.ok()) << made.status;
  return made.status.ok() ? made.body.at("messages").as_array() : boost::json::array();
}
void ExpectMember(const Made& made, std::string_view name, std::string_view json) {
  ASSERT_TRUE(made.status.ok()) << made.status;
  const boost::json::value* value = made.body.if_contains({name.data(), name.size()});
  ASSERT_NE(value, nullptr) << name;
  EXPECT_EQ(*value, Parsed(StrCat("[", json, "]")).as_array()[0]) << name;
}
bool Has(const Made& made, std::string_view name) {
  return made.body.if_contains({name.data(), name.size()}) != nullptr;
}

TEST(ChatRequest, TokensAreAlwaysNamed) {
  ExpectMember(With(R"("stream":false)"), "max_tokens", "8192");
  ExpectMember(With(R"("max_tokens":7)"), "max_tokens", "7");
  ExpectMember(With(R"("max_completion_tokens":8,"max_tokens":7)"), "max_tokens", "8");
}

TEST(ChatRequest, Sampling) {
  ExpectMember(With(R"("temperature":1.7)"), "temperature", "1");
  const Made made = With(R"("temperature":0.5,"top_p":0.9,"top_k":3)");
  ExpectMember(made, "temperature", "0.5");
  ExpectMember(made, "top_p", "0.9");
  ExpectMember(made, "top_k", "3");
  const Made newer = With(R"("temperature":0.5)", Target{.takes_sampling = false});
  EXPECT_FALSE(Has(newer, "temperature"));
  EXPECT_EQ(newer.dropped, "temperature");
  EXPECT_FALSE(Has(With(R"("temperature":0.5,"reasoning_effort":"low")"), "temperature"));
}

TEST(ChatRequest, SystemAndItsPlace) {
  const Made made = Translate(R"({"model":"x","messages":[
    {"role":"developer","content":"one"},{"role":"system","content":[{"type":"text","text":"two"}]},
    {"role":"user","content":"a"},{"role":"system","content":"now \"b\""},
    {"role":"user","content":"c"}]})");
  ExpectMember(made, "system", R"("one\n\ntwo")");
  ExpectMember(made, "messages", R"([{"role":"user","content":[{"type":"text","text":"a"},
      {"type":"text","text":"<system-reminder>\nnow \"b\"\n</system-reminder>"},
      {"type":"text","text":"c"}]}])");
}

TEST(ChatRequest, ToolsAndTheirResults) {
  EXPECT_EQ(Messages(R"([
    {"role":"user","content":"a"},
    {"role":"assistant","tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\":\"\\n\"}"}},
      {"id":"t 2","type":"function","function":{"name":"f","arguments":"broken"}}],"content":"so"},
    {"role":"system","content":"hurry"},
    {"role":"tool","tool_call_id":"t1","content":"one"},
    {"role":"tool","tool_call_id":"t 2","content":[{"type":"text","text":"two"}]},
    {"role":"user","content":"go on"}])"),
            Parsed(R"([{"role":"user","content":[{"type":"text","text":"a"}]},
    {"role":"assistant","content":[{"type":"text","text":"so"},
      {"type":"tool_use","id":"t1","name":"f","input":{"x":"\n"}},
      {"type":"tool_use","id":"call_4eb3a273cf3b1f25","name":"f","input":{"_raw":"broken"}}]},
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"one"}]},
      {"type":"tool_result","tool_use_id":"call_4eb3a273cf3b1f25",
       "content":[{"type":"text","text":"two"}]},
      {"type":"text","text":"<system-reminder>\nhurry\n</system-reminder>"},
      {"type":"text","text":"go on"}]}])"));
}

TEST(ChatRequest, CallsAndResultsWithoutACounterpart) {
  EXPECT_EQ(Messages(R"([
    {"role":"tool","tool_call_id":"gone","content":"late"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":""}}]},
    {"role":"user","content":"never mind"}])"),
            Parsed(R"([{"role":"user","content":[{"type":"text","text":"late"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"t1","content":"[no result]"},
      {"type":"text","text":"never mind"}]}])"));
}

TEST(ChatRequest, TheUserSpeaksFirstAndNobodyNothing) {
  EXPECT_EQ(Messages(R"([{"role":"assistant","content":"a"},{"role":"user","content":""},
    {"role":"user","content":"b"}])"),
            Parsed(R"([{"role":"user","content":"Go on."},
    {"role":"assistant","content":[{"type":"text","text":"a"}]},
    {"role":"user","content":[{"type":"text","text":"b"}]}])"));
  const Made nothing = Translate(R"({"model":"x","messages":[{"role":"user","content":""}]})");
  EXPECT_FALSE(nothing.status.ok());
}

TEST(ChatRequest, PicturesAndFiles) {
  EXPECT_EQ(Messages(R"([{"role":"user","content":[{"type":"text","text":"see"},
      {"type":"image_url","image_url":{"url":"data:image\/png;base64,QUJD","detail":"low"}},
      {"type":"image_url","image_url":{"url":"https://a/b.png"}},
      {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}}]}])"),
            Parsed(R"([{"role":"user","content":[{"type":"text","text":"see"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},
      {"type":"image","source":{"type":"url","url":"https://a/b.png"}},
      {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QQ=="},
       "title":"a.pdf"}]}])"));
}

TEST(ChatRequest, ReasoningWithoutASignatureStaysBehind) {
  EXPECT_EQ(Messages(R"([{"role":"user","content":"a"},
    {"role":"assistant","reasoning_content":"hm","content":"b"},{"role":"user","content":"c"}])"),
            Parsed(R"([{"role":"user","content":[{"type":"text","text":"a"}]},
    {"role":"assistant","content":[{"type":"text","text":"b"}]},
    {"role":"user","content":[{"type":"text","text":"c"}]}])"));
}

TEST(ChatRequest, Thinking) {
  const Made made = With(R"("reasoning_effort":"medium")");
  ExpectMember(made, "thinking", R"({"type":"enabled","budget_tokens":8192})");
  ExpectMember(made, "max_tokens", "16384");
  ExpectMember(With(R"("reasoning_effort":"high","max_tokens":4000)"), "thinking",
               R"({"type":"enabled","budget_tokens":3999})");
  EXPECT_FALSE(Has(With(R"("reasoning_effort":"high","max_tokens":1000)"), "thinking"));
  EXPECT_FALSE(Has(With(R"("reasoning_effort":"none")"), "thinking"));
  const Made adaptive = With(R"("reasoning_effort":"xhigh")", Target{.adaptive_thinking = true});
  ExpectMember(adaptive, "thinking", R"({"type":"adaptive"})");
  ExpectMember(adaptive, "output_config", R"({"effort":"xhigh"})");
  EXPECT_FALSE(Has(With(R"("reasoning_effort":"high","tool_choice":"required",
      "tools":[{"type":"function","function":{"name":"f"}}])"),
                   "thinking"));
}

TEST(ChatRequest, ThinkingIsOffWhileCallsWithoutItAreAnswered) {
  const Made made = Translate(R"({"model":"x","reasoning_effort":"high","messages":[
    {"role":"user","content":"a"},{"role":"assistant","tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"t1","content":"one"}]})");
  EXPECT_FALSE(Has(made, "thinking"));
  ExpectMember(made, "tools", R"([{"name":"f","input_schema":{"type":"object","properties":{}}}])");
  ExpectMember(made, "tool_choice", R"({"type":"none"})");
}

TEST(ChatRequest, ToolChoices) {
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"f","strict":true,
      "description":"d","parameters":{"type":"object"}}},
      {"type":"function","function":{"name":"g"}}],)";
  const Made made = With(tools + R"("tool_choice":"required","parallel_tool_calls":false)");
  ExpectMember(made, "tools", R"([{"name":"f","description":"d","input_schema":{"type":"object"},
      "strict":true},{"name":"g","input_schema":{"type":"object","properties":{}}}])");
  ExpectMember(made, "tool_choice", R"({"type":"any","disable_parallel_tool_use":true})");
  ExpectMember(With(tools + R"("tool_choice":{"type":"function","function":{"name":"g"}})"),
               "tool_choice", R"({"type":"tool","name":"g"})");
  ExpectMember(With(tools + R"("tool_choice":"none")"), "tool_choice", R"({"type":"none"})");
  const Made allowed = With(tools + R"("tool_choice":{"type":"allowed_tools","allowed_tools":
      {"mode":"auto","tools":[{"type":"function","function":{"name":"g"}}]}})");
  EXPECT_EQ(allowed.body.at("tools").as_array().size(), 1);
  ExpectMember(allowed, "tool_choice", R"({"type":"auto"})");
}

TEST(ChatRequest, FormatsOfTheAnswer) {
  ExpectMember(With(R"("response_format":{"type":"json_schema","json_schema":
      {"name":"n","strict":true,"schema":{"type":"object"}}})"),
               "output_config",
               R"({"format":{"type":"json_schema","schema":{"type":"object",
                  "additionalProperties":false}}})");
  const Made object = With(R"("response_format":{"type":"json_object"})");
  EXPECT_NE(object.body.at("system").as_string().find("JSON object"), std::string::npos);
}

// As Anthropic's SDKs put it (their lib/_parse/_transform).
TEST(ChatRequest, ASchemaForTheAnswerIsAsAnthropicTakesIt) {
  ExpectMember(With(R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{
          "$schema":"https://json-schema.org/draft/2020-12/schema","type":["object","null"],
          "description":"a \"d\"","minProperties":1,"additionalProperties":{"type":"string"},
          "properties":{"format":{"type":"string","format":"email","pattern":"^\\w"},
            "n":{"type":"integer","minimum":1,"maximum":10},
            "l":{"type":"array","minItems":1,"maxItems":3,"items":{"$ref":"#/definitions/T"}},
            "o":{"oneOf":[{"type":"object","properties":{}},{"type":"null"}]},
            "c":{"type":"string","format":"color"}},
          "required":["n"],"definitions":{"T":{"type":"array","minItems":2}}}}})"),
               "output_config", R"({"format":{"type":"json_schema","schema":{
          "type":["object","null"],
          "properties":{"format":{"type":"string","format":"email","description":"{pattern: \"^\\\\w\"}"},
            "n":{"type":"integer","description":"{minimum: 1, maximum: 10}"},
            "l":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/T"},
              "description":"{maxItems: 3}"},
            "o":{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},
              {"type":"null"}]},
            "c":{"type":"string","description":"{format: \"color\"}"}},
          "required":["n"],"$defs":{"T":{"type":"array","description":"{minItems: 2}"}},
          "additionalProperties":false,"description":"a \"d\"\n\n{minProperties: 1}"}}})");
}

TEST(ChatRequest, WhatHasNoPlaceIsNamed) {
  const Made made = With(R"("n":1,"seed":1,"logprobs":true,"logit_bias":{},"stop":"x","user":"u",
      "presence_penalty":0.5,"modalities":["text"])");
  EXPECT_EQ(made.dropped, "seed, logprobs, logit_bias, presence_penalty");
  ExpectMember(made, "stop_sequences", R"(["x"])");
  ExpectMember(made, "metadata", R"({"user_id":"u"})");
}

TEST(ChatRequest, NoFunctionsAreNoField) {
  const Made made = With(R"("functions":[])");
  EXPECT_TRUE(made.status.ok()) << made.status;
  EXPECT_EQ(made.dropped, "");
}

// Anthropic refuses them.
TEST(ChatRequest, BlankStopsAreLeftOut) {
  const Made some = With(R"("stop":["","END"," \n\t"])");
  ExpectMember(some, "stop_sequences", R"(["END"])");
  EXPECT_EQ(some.dropped, "stop");
  const Made none = With(R"("stop":"")");
  EXPECT_FALSE(Has(none, "stop_sequences"));
  EXPECT_EQ(none.dropped, "stop");
}

struct Wrong {
  const char* body;
  const char* names;
};

class WrongChatRequest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongChatRequest, IsRefusedByName) {
  const Made made = Translate(GetParam().body);
  ASSERT_FALSE(made.status.ok());
  EXPECT_NE(View(made.status.message()).find(GetParam().names), std::string::npos) << made.status;
}

INSTANTIATE_TEST_SUITE_P(
    ChatRequest, WrongChatRequest,
    ::testing::Values(
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"n":2})", "'n' must be 1"},
        Wrong{R"({"messages":[{"role":"user","content":[{"type":"input_audio"}]}]})",
              "'messages[0].content[0]' is of a type"},
        Wrong{
            R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]})",
            "'messages[0].content[0]' holds a file"},
        Wrong{
            R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,x"}}]}]})",
            "image_url.url"},
        Wrong{R"({"messages":[{"role":"robot","content":"a"}]})", "'messages[0]' has a role"},
        Wrong{R"({"messages":[{"role":"tool","content":"a"}]})",
              "'messages[0]' has no tool_call_id"},
        Wrong{R"({"messages":[{"role":"user"}]})", "'messages[0]' has no content"},
        Wrong{R"({"messages":[{"role":"assistant","tool_calls":[{}]}]})",
              "'messages[0].tool_calls[0]' needs"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"functions":[{"name":"f"}]})",
              "'functions' is not understood"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"modalities":["audio"]})",
              "'modalities[0]'"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"tool_choice":"maybe"})",
              "'tool_choice'"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"tools":[{"type":"custom"}]})",
              "'tools[0]"},
        Wrong{R"({"messages":[{"role":"system","content":"a"}]})", "'messages'"}));

}  // namespace
}  // namespace weir::relay
