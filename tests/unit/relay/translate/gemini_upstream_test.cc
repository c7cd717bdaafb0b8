// Clients of other protocols on Gemini: what its requests and answers have that no other dialect's
// have.
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/translate/gemini/schema.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

namespace json = boost::json;

using testing::kAnthropic;
using testing::kChat;
using testing::kGemini;
using testing::kResponses;
using testing::MakeTranslation;
using testing::Parsed;

std::string Sent(Dialect client, std::string_view body, const Target& target = {},
                 std::string* dropped = nullptr) {
  const auto translation = MakeTranslation(client, kGemini);
  const absl::Status status =
      testing::TranslateRequest(*translation, body, testing::ChangesTo("up"), false, target);
  if (dropped != nullptr) *dropped = translation->dropped();
  return status.ok() ? translation->request() : std::string(View(status.message()));
}

std::string Chat(std::string_view members) {
  return StrCat(R"({"model":"m","messages":[{"role":"user","content":"q"}],)", members, "}");
}

TEST(GeminiUpstream, TheModelAndTheKindOfAnswerStandInThePath) {
  const auto translation = MakeTranslation(kChat, kGemini);
  const auto path_for = [&](std::string_view model, bool stream) {
    EXPECT_TRUE(
        testing::TranslateRequest(*translation, Chat(R"("n":1)"), testing::ChangesTo(model), stream)
            .ok());
    return std::string(translation->upstream_path());
  };
  EXPECT_EQ(path_for("gemini-x", false), "/v1beta/models/gemini-x:generateContent");
  EXPECT_EQ(path_for("a/b c", true), "/v1beta/models/a/b%20c:streamGenerateContent?alt=sse");
}

TEST(GeminiUpstream, TurnsAreByTurnsAndTheUsersFirst) {
  const json::value sent = Parsed(
      Sent(kChat, R"({"messages":[{"role":"system","content":"s"},{"role":"developer","content":)"
                  R"("d"},{"role":"assistant","content":"a"},{"role":"system","content":"mid"},)"
                  R"({"role":"user","content":"u"},{"role":"user","content":"v"},)"
                  R"({"role":"assistant","content":""},{"role":"user","content":"w"}]})"));
  EXPECT_EQ(sent.at("systemInstruction"), Parsed(R"({"parts":[{"text":"s\n\nd"}]})"));
  EXPECT_EQ(
      sent.at("contents"),
      Parsed(
          R"([{"role":"user","parts":[{"text":"Go on."}]},{"role":"model","parts":[{"text":"a"}]},)"
          R"({"role":"user","parts":[{"text":"<system-reminder>\nmid\n</system-reminder>"},)"
          R"({"text":"u"},{"text":"v"},{"text":"w"}]}])"));
}

TEST(GeminiUpstream, ResultsGoByNameAndPicturesBehindThem) {
  const json::value sent = Parsed(Sent(
      kAnthropic,
      R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[)"
      R"({"type":"tool_use","id":"1","name":"f","input":{"a":1}},)"
      R"({"type":"tool_use","id":"2","name":"g","input":{}}]},{"role":"user","content":[)"
      R"({"type":"text","text":"see"},{"type":"tool_result","tool_use_id":"2","is_error":true,)"
      R"("content":[{"type":"text","text":"bad"},{"type":"image","source":{"type":"base64",)"
      R"("media_type":"image/png","data":"QUJD"}}]}]}]})"));
  EXPECT_EQ(
      sent.at("contents").at(2).at("parts"),
      Parsed(R"([{"functionResponse":{"id":"1","name":"f","response":{"output":"[no result]"}}},)"
             R"({"functionResponse":{"id":"2","name":"g","response":{"error":"bad\n[image]"}}},)"
             R"({"text":"see"},{"inlineData":{"mimeType":"image/png","data":"QUJD"}}])"));
}

TEST(GeminiUpstream, SignaturesGoBackOnTheirOwnCalls) {
  const auto body = [](std::string_view signature) {
    return StrCat(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[)",
                  R"({"type":"thinking","thinking":"h","signature":")", signature,
                  R"("},{"type":"tool_use","id":"1","name":"f","input":{}},)",
                  R"({"type":"tool_use","id":"2","name":"g","input":{}}]},)",
                  R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1"},)",
                  R"({"type":"tool_result","tool_use_id":"2"}]}]})");
  };
  const auto signature_of = [&](std::string_view signature, std::size_t call,
                                const Target& target) {
    const json::value sent = Parsed(Sent(kAnthropic, body(signature), target));
    const json::object& part = sent.at("contents").at(1).at("parts").at(call).as_object();
    const json::value* found = part.if_contains("thoughtSignature");
    return found == nullptr ? std::string() : std::string(found->as_string().c_str());
  };
  const Target strict{.wants_signed_calls = true};
  EXPECT_EQ(signature_of("gw1.gemini.0.0.QUJD", 0, {}), "QUJD");
  EXPECT_EQ(signature_of("gw1.gemini.0.1.QUJD", 0, {}), "");
  EXPECT_EQ(signature_of("gw1.gemini.0.1.QUJD", 1, strict), "QUJD");
  EXPECT_EQ(signature_of("gw1.gemini.0.0.QUJD", 1, strict), "")
      << "the first of parallel ones alone";
  for (const char* foreign :
       {"EqQB", "gw1.openai_chat.", "gw1.gemini.", "gw1.gemini.0.x", "gw1.gemini.7.0.QUJD"}) {
    EXPECT_EQ(signature_of(foreign, 0, {}), "");
    EXPECT_EQ(signature_of(foreign, 0, strict), "skip_thought_signature_validator");
  }
}

TEST(GeminiUpstream, ThinkingIsAskedForAsTheModelTakesIt) {
  const auto config = [](std::string_view effort, const Target& target) {
    const json::value sent =
        Parsed(Sent(kChat, Chat(StrCat(R"("reasoning_effort":")", effort, "\"")), target));
    const json::object& generation = sent.at("generationConfig").as_object();
    const json::value* thinking = generation.if_contains("thinkingConfig");
    return thinking == nullptr ? std::string() : json::serialize(*thinking);
  };
  EXPECT_EQ(config("medium", {}), R"({"includeThoughts":true,"thinkingBudget":8192})");
  EXPECT_EQ(config("none", {}), R"({"thinkingBudget":0})");
  EXPECT_EQ(config("none", {.thinking_tokens_min = 128}), R"({"thinkingBudget":128})");
  EXPECT_EQ(config("medium", {.thinks_by_level = true}),
            R"({"includeThoughts":true,"thinkingLevel":"medium"})");
  EXPECT_EQ(config("medium", {.thinks_by_level = true, .thinks_medium = false}),
            R"({"includeThoughts":true,"thinkingLevel":"high"})");
  EXPECT_EQ(config("none", {.thinks_by_level = true}), R"({"thinkingLevel":"low"})");
  EXPECT_EQ(config("high", {.takes_effort = false}), "");
  std::string dropped;
  Sent(kChat, Chat(R"("reasoning_effort":"high")"), {.takes_effort = false}, &dropped);
  EXPECT_EQ(dropped, "thinking");
  const json::value adaptive =
      Parsed(Sent(kAnthropic, R"({"messages":[{"role":"user","content":"q"}],"max_tokens":100,)"
                              R"("thinking":{"type":"adaptive"}})"));
  EXPECT_EQ(adaptive.at("generationConfig"),
            Parsed(R"({"maxOutputTokens":100,"thinkingConfig":{"includeThoughts":true}})"));
}

TEST(GeminiUpstream, FewTokensDoNotSwitchThinkingOff) {
  const auto budget = [](std::int64_t max_tokens, std::int64_t asked, const Target& target) {
    const json::value sent = Parsed(
        Sent(kAnthropic,
             StrCat(R"({"messages":[{"role":"user","content":"q"}],"max_tokens":)", max_tokens,
                    R"(,"thinking":{"type":"enabled","budget_tokens":)", asked, "}}"),
             target));
    return sent.at("generationConfig").at("thinkingConfig").at("thinkingBudget").as_int64();
  };
  EXPECT_EQ(budget(1, 2'000, {}), 1);
  EXPECT_EQ(budget(2, 2'000, {}), 1);
  EXPECT_EQ(budget(1, 2'000, {.thinking_tokens_min = 128}), 128);
  EXPECT_EQ(budget(100'000, 90'000, {}), 24'576);
  EXPECT_EQ(budget(1, 2'000, {.thinking_tokens_min = 100'000}), 24'576) << "the most that there is";
}

TEST(GeminiUpstream, ToolsAndHowTheyMayBeCalled) {
  const std::string_view tools =
      R"("tools":[{"type":"function","function":{"name":"f","description":"d"}},)"
      R"({"type":"function","function":{"name":"g","parameters":{"type":"object"}}}])";
  const json::value sent = Parsed(Sent(
      kChat, Chat(StrCat(tools, R"(,"tool_choice":{"type":"function","function":{"name":"g"}})"))));
  EXPECT_EQ(sent.at("tools"),
            Parsed(R"([{"functionDeclarations":[{"name":"f","description":"d"},)"
                   R"({"name":"g","parametersJsonSchema":{"type":"object"}}]}])"));
  EXPECT_EQ(sent.at("toolConfig"), Parsed(R"({"functionCallingConfig":{"mode":"ANY",)"
                                          R"("allowedFunctionNames":["g"]}})"));
  for (const auto& [word, mode] :
       {std::pair{"auto", "AUTO"}, {"none", "NONE"}, {"required", "ANY"}}) {
    const json::value other =
        Parsed(Sent(kChat, Chat(StrCat(tools, R"(,"tool_choice":")", word, "\""))));
    EXPECT_EQ(other.at("toolConfig").at("functionCallingConfig").at("mode"), json::value(mode));
  }
}

TEST(GeminiUpstream, SchemasKeepWhatGeminiTakes) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {R"({"$schema":"x","type":"object","properties":{"pattern":{"type":"string","pattern":"a",)"
       R"("minLength":1,"format":"uri"}},"additionalProperties":false,"required":["pattern"]})",
       R"({"type":"object","properties":{"pattern":{"type":"string"}},)"
       R"("additionalProperties":false,"required":["pattern"]})"},
      {R"({"definitions":{"A":{"const":"x"}},"allOf":[{"$ref":"#/definitions/A"}]})",
       R"({"$defs":{"A":{"enum":["x"]}},"anyOf":[{"$ref":"#/$defs/A"}]})"},
      {R"({"definitions":{"A":{"const":"x"},"B":{"type":"null"}},"title":"t","$defs":{"C":{},)"
       R"("B":{"type":"string"}},"anyOf":[{"$ref":"#/definitions/A"},{"$ref":"#/$defs/C"}]})",
       R"({"$defs":{"A":{"enum":["x"]},"B":{"type":"null"},"C":{}},"title":"t",)"
       R"("anyOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/C"}]})"},
      {R"({"$defs":{},"definitions":{"A":{}}})", R"({"$defs":{"A":{}}})"},
      {R"({"items":[{"type":"string","format":"date-time"},true],"type":["array","null"]})",
       R"({"prefixItems":[{"type":"string","format":"date-time"},true],"type":["array","null"]})"},
      {R"({"properties":{"a\"b":{"default":1,"title":"t\u00e9"}}})",
       R"({"properties":{"a\"b":{"title":"té"}}})"},
      {R"({"oneOf":[{"type":"integer","exclusiveMinimum":1,"maximum":3}],"not":{}})",
       R"({"oneOf":[{"type":"integer","maximum":3}]})"},
  };
  for (const auto& [schema, expected] : kCases) {
    std::string out;
    EXPECT_TRUE(gemini::AppendForGemini(schema, out)) << schema;
    EXPECT_EQ(Parsed(out), Parsed(expected)) << schema;
  }
  std::string out = "kept";
  for (const std::string_view broken : {"[]", "{\"properties\":{]}", "", "{\"type\":\"object\""}) {
    EXPECT_FALSE(gemini::AppendForGemini(broken, out)) << broken;
  }
  EXPECT_EQ(out, "kept");
}

TEST(GeminiUpstream, WhatCannotBeSaidIsNamed) {
  EXPECT_EQ(Sent(kChat, R"({"messages":[{"role":"user","content":[{"type":"image_url",)"
                        R"("image_url":{"url":"https://a/b.png"}}]}]})")
                .find("'messages[0].content[0]' holds a picture or document by its address"),
            0U);
  const json::value own = Parsed(
      Sent(kChat, R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{)"
                  R"("url":"gs://b/c.png"}}]}]})"));
  EXPECT_EQ(own.at("contents").at(0).at("parts").at(0),
            Parsed(R"({"fileData":{"fileUri":"gs://b/c.png"}})"));
  EXPECT_EQ(Sent(kChat, Chat(R"("tool_choice":{"type":"function","function":{"name":"x"}})"))
                .find("'tool_choice' names a tool"),
            0U);
  std::string dropped;
  Sent(kChat, Chat(R"("stop":["1","2","3","4","5","6"],"user":"u","seed":1)"), {.stops_max = 5},
       &dropped);
  EXPECT_EQ(dropped, "seed, stop, user");
}

TEST(GeminiUpstream, AStreamIsWholeOnlyWithItsReason) {
  const std::string begun =
      "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n";
  const auto translation = MakeTranslation(kChat, kGemini);
  const std::string out = testing::TranslatedStream(*translation, begun, begun.size());
  EXPECT_EQ(out.find("[DONE]"), std::string::npos) << out;
  const auto whole = MakeTranslation(kChat, kGemini);
  const std::string end = "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\n";
  EXPECT_NE(testing::TranslatedStream(*whole, begun + end, 10).find("[DONE]"), std::string::npos);
}

TEST(GeminiUpstream, WhatIsNoAnswerFails) {
  for (const std::string_view body : {"{}", "[]", "{\"candidates\":[]}", "{\"candidates\":7}"}) {
    const auto translation = MakeTranslation(kAnthropic, kGemini);
    testing::TranslatedAnswer(*translation, body);
    EXPECT_TRUE(translation->failed()) << body;
  }
}

}  // namespace
}  // namespace weir::relay
