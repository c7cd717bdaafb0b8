// Anthropic's requests onto Chat: the single points of docs/protocols.md's table.
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

Made Translate(std::string_view body, const BodyChanges& changes = testing::ChangesTo("m"),
               const Target& target = {}) {
  const auto translation = MakeTranslation(testing::kAnthropic, testing::kChat);
  Made made;
  made.status = testing::TranslateRequest(*translation, body, changes, false, target);
  made.dropped = translation->dropped();
  if (made.status.ok()) made.body = Parsed(translation->request()).as_object();
  return made;
}

// A request with these members beside one message.
Made With(std::string_view members, const Target& target = {}) {
  return Translate(
      StrCat(R"({"model":"x","max_tokens":9,"messages":[{"role":"user","content":"hi"}],)", members,
             "}"),
      testing::ChangesTo("m"), target);
}
boost::json::array Messages(std::string_view messages) {
  const Made made = Translate(StrCat(R"({"model":"x","max_tokens":9,"messages":)", messages, "}"));
  EXPECT_TRUE(made.status.ok()) << made.status;
  return made.status.ok() ? made.body.at("messages").as_array() : boost::json::array();
}
std::string Refusal(const Made& made) {
  EXPECT_FALSE(made.status.ok());
  return std::string(View(made.status.message()));
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

TEST(AnthropicRequest, ModelAndTokens) {
  const Made made = With(R"("temperature":0.5,"top_p":0.90,"top_k":5)");
  ExpectMember(made, "model", R"("m")");
  ExpectMember(made, "max_tokens", "9");
  ExpectMember(made, "temperature", "0.5");
  ExpectMember(made, "top_p", "0.9");
  EXPECT_FALSE(Has(made, "top_k"));
  EXPECT_EQ(made.dropped, "top_k");
}

TEST(AnthropicRequest, ReasoningModelsOfOpenAi) {
  Target target;
  target.completion_tokens = true;
  target.takes_sampling = false;
  const Made made =
      With(R"("temperature":1,"thinking":{"type":"enabled","budget_tokens":5000})", target);
  ExpectMember(made, "max_completion_tokens", "9");
  ExpectMember(made, "reasoning_effort", R"("medium")");
  EXPECT_FALSE(Has(made, "temperature"));
  EXPECT_FALSE(Has(made, "max_tokens"));
}

TEST(AnthropicRequest, WhatARouteWants) {
  BodyChanges changes = testing::ChangesTo("m");
  changes.max_tokens.max = 5;
  changes.temperature_milli = 250;
  changes.system_prompt = "House \"rules\"";
  const Made made = Translate(
      R"({"model":"x","max_tokens":9,"system":"Own","messages":[{"role":"user","content":"hi"}]})",
      changes);
  ExpectMember(made, "max_tokens", "5");
  ExpectMember(made, "temperature", "0.25");
  ExpectMember(made, "messages",
               R"([{"role":"system","content":"House \"rules\"\n\nOwn"},
                   {"role":"user","content":"hi"}])");
}

TEST(AnthropicRequest, ClaudeCodesBillingBlockIsNotForOthers) {
  const Made made = With(R"("system":[{"type":"text","text":"x-anthropic-billing-header: a"},
                             {"type":"text","text":"You are"}])");
  EXPECT_EQ(made.body.at("messages").as_array()[0].at("content"), "You are");
}

TEST(AnthropicRequest, ToolsAndTheirResults) {
  EXPECT_EQ(Messages(R"([
    {"role":"user","content":"a"},
    {"role":"assistant","content":[{"type":"text","text":"so"},
      {"type":"tool_use","id":"t1","name":"f","input":{"x":"\n"}},
      {"type":"tool_use","id":"t2","name":"f","input":{}}]},
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"t1","content":"one"},
      {"type":"tool_result","tool_use_id":"t2","is_error":true,
       "content":[{"type":"text","text":"two"},{"type":"text","text":"lines"}]},
      {"type":"text","text":"go on"}]}])"),
            Parsed(R"([{"role":"user","content":"a"},
    {"role":"assistant","content":"so","tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\":\"\\n\"}"}},
      {"id":"t2","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"t1","content":"one"},
    {"role":"tool","tool_call_id":"t2","content":"Error: two\nlines"},
    {"role":"user","content":"go on"}])"));
}

TEST(AnthropicRequest, CallsAndResultsWithoutACounterpart) {
  EXPECT_EQ(Messages(R"([
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"gone","content":"late"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},
    {"role":"user","content":"never mind"}])"),
            Parsed(R"([{"role":"user","content":"late"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"t1","content":"[no result]"},
    {"role":"user","content":"never mind"}])"));
}

TEST(AnthropicRequest, PicturesAlsoInResults) {
  EXPECT_EQ(Messages(R"([
    {"role":"user","content":[{"type":"text","text":"see"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},
      {"type":"image","source":{"type":"url","url":"https://a/b.png"}}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}]}]}])"),
            Parsed(R"([{"role":"user","content":[{"type":"text","text":"see"},
      {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},
      {"type":"image_url","image_url":{"url":"https://a/b.png"}}]},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"t1","content":"[image]"},
    {"role":"user","content":[
      {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}])"));
}

TEST(AnthropicRequest, OnlyThinkingOfSuchAnUpstreamGoesBack) {
  EXPECT_EQ(Messages(R"([{"role":"user","content":"a"},
    {"role":"assistant","content":[
      {"type":"thinking","thinking":"mine","signature":"gw1.openai_chat."},
      {"type":"thinking","thinking":"Claude's","signature":"EqQB"},
      {"type":"redacted_thinking","data":"x"},{"type":"text","text":"b"}]},
    {"role":"user","content":"c"}])"),
            Parsed(R"([{"role":"user","content":"a"},
    {"role":"assistant","content":"b","reasoning_content":"mine"},
    {"role":"user","content":"c"}])"));
}

TEST(AnthropicRequest, SystemAmongTheMessagesKeepsItsPlace) {
  EXPECT_EQ(Messages(R"([{"role":"user","content":"a"},
    {"role":"system","content":[{"type":"text","text":"note"}]},{"role":"user","content":"b"}])"),
            Parsed(R"([{"role":"user","content":"a"},{"role":"system","content":"note"},
    {"role":"user","content":"b"}])"));
}

TEST(AnthropicRequest, ToolChoices) {
  const std::string tools = R"("tools":[{"name":"f","input_schema":{"type":"object"}}],)";
  ExpectMember(With(tools + R"("tool_choice":{"type":"auto"})"), "tool_choice", R"("auto")");
  ExpectMember(With(tools + R"("tool_choice":{"type":"any"})"), "tool_choice", R"("required")");
  ExpectMember(With(tools + R"("tool_choice":{"type":"none"})"), "tool_choice", R"("none")");
  const Made one =
      With(tools + R"("tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true})");
  ExpectMember(one, "tool_choice", R"({"type":"function","function":{"name":"f"}})");
  ExpectMember(one, "parallel_tool_calls", "false");
  EXPECT_NE(
      Refusal(With(tools + R"("tool_choice":{"type":"tool","name":"g"})")).find("tool_choice"),
      std::string::npos);
}

TEST(AnthropicRequest, HostedToolsAreLeftOut) {
  const Made made = With(R"("tools":[{"type":"web_search_20250305","name":"web_search"},
      {"type":"custom","name":"f","description":"d","strict":true,"defer_loading":true}])");
  ExpectMember(made, "tools", R"([{"type":"function","function":{"name":"f","description":"d",
      "parameters":{"type":"object","properties":{}},"strict":true}}])");
  EXPECT_EQ(made.dropped, "tools[0]");
  EXPECT_NE(Refusal(With(R"("tools":[{"type":"bash_20250124","name":"bash"}])")).find("'tools'"),
            std::string::npos);
}

TEST(AnthropicRequest, Schemas) {
  ExpectMember(
      With(R"("output_config":{"effort":"max","format":{"type":"json_schema","schema":{"a":1}}})"),
      "response_format",
      R"({"type":"json_schema","json_schema":{"name":"response","schema":{"a":1}}})");
}

TEST(AnthropicRequest, WhoAsks) {
  ExpectMember(With(R"("metadata":{"user_id":"u-1"})"), "user", R"("u-1")");
  const Made hashed = With(R"("metadata":{"user_id":"{\"device_id\":\"d\"}"})");
  const boost::json::string& user = hashed.body.at("user").as_string();
  EXPECT_TRUE(user.starts_with("user_"));
  EXPECT_EQ(user.size(), 21);
}

TEST(AnthropicRequest, DroppedNamesAreSafeInAHeader) {
  const Made made = With(R"("service_tier":"auto","x\r\ny: z":1,"container":null)");
  EXPECT_EQ(made.dropped, "service_tier");
}

struct Wrong {
  const char* body;
  const char* names;
};

class WrongRequest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongRequest, IsRefusedByName) {
  const std::string said = Refusal(Translate(GetParam().body));
  EXPECT_NE(said.find(GetParam().names), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    AnthropicRequest, WrongRequest,
    ::testing::Values(
        Wrong{R"({"model":"x"})", "'messages'"}, Wrong{R"({"messages":[]})", "'messages'"},
        Wrong{R"({"messages":{}})", "'messages' must be an array"},
        Wrong{R"({"messages":[1]})", "'messages[0]' must be an object"},
        Wrong{R"({"messages":[{"content":"a"}]})", "'messages[0]' has no role"},
        Wrong{R"({"messages":[{"role":"user"}]})", "'messages[0]' has no content"},
        Wrong{R"({"messages":[{"role":"tool","content":"a"}]})", "'messages[0].role'"},
        Wrong{R"({"messages":[{"role":"user","content":1}]})", "'messages[0].content'"},
        Wrong{R"({"messages":[{"role":"user","content":[{"type":"server_tool_use"}]}]})",
              "'messages[0].content[0]' is of a type"},
        Wrong{R"({"messages":[{"role":"user","content":[{"type":"image","source":
              {"type":"file","file_id":"f"}}]}]})",
              "'messages[0].content[0]' has a source"},
        Wrong{R"({"messages":[{"role":"user","content":[{"type":"image","source":
              {"type":"base64","data":"QUJD"}}]}]})",
              "'messages[0].content[0]' has base64 without its media_type"},
        Wrong{R"({"messages":[{"role":"user","content":[{"type":"tool_result"}]}]})",
              "'messages[0].content[0]' has no tool_use_id"},
        Wrong{R"({"messages":[{"role":"user","content":[{"type":"document","source":
              {"type":"url","url":"https://a"}}]}]})",
              "document by its address"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"mcp_servers":[{}]})",
              "'mcp_servers[0]'"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"tools":[{}]})", "'tools[0]'"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"temperature":"hot"})",
              "'temperature' must be a number"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"max_tokens":1.5})", "'max_tokens'"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"thinking":{"type":"sometimes"}})",
              "'thinking.type' must be enabled, adaptive or disabled"},
        Wrong{R"({"messages":[{"role":"user","content":"a"}],"thinking":{"budget_tokens":2000}})",
              "'thinking' has no type"},
        Wrong{R"({"messages":[{"role":"user","content":"a")", "JSON"}));

}  // namespace
}  // namespace weir::relay
