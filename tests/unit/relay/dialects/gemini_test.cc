// Gemini's requests: path and body.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/dialects/conversation.h"
#include "services/relay/dialects/gemini_path.h"
#include "services/relay/dialects/prompt_edit.h"
#include "services/relay/dialects/request_media.h"
#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::Changed;
using ::testing::HasSubstr;
using testing::Parsed;

constexpr Dialect kGemini = Dialect::kGemini;
constexpr std::string_view kModel = "gemini-x";

// A body as the relay holds it, scanned with the path's model.
struct Held {
  explicit Held(std::string_view text) : bytes(text) {
    bytes.resize(text.size() + kBodyPaddingBytes);
    body = std::string_view(bytes).substr(0, text.size());
    facts = ScanRequest(kGemini, body, kModel);
  }
  std::string bytes;
  std::string_view body;
  absl::StatusOr<RequestFacts> facts;
};

std::string Edited(std::string_view text, BodyChanges changes) {
  const Held held(text);
  EXPECT_TRUE(held.facts.ok()) << held.facts.status();
  if (!held.facts.ok()) return "";
  if (changes.upstream_model.empty()) changes.upstream_model = kModel;
  return testing::Applied(held.body, PlanBodyEdits(kGemini, *held.facts, held.body, changes));
}

TEST(GeminiPath, NamesVersionModelAndVerb) {
  const auto path = ReadGeminiPath("/v1beta/models/a%2Fb%40c:streamGenerateContent");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(path->head, "/v1beta/models/");
  EXPECT_EQ(path->verb, "streamGenerateContent");
  EXPECT_EQ(ModelOf(*path).value(), "a/b@c");
  EXPECT_EQ(ModelOf(*ReadGeminiPath("/v1/models/a/b@c:x")).value(), "a/b@c");
  EXPECT_FALSE(ReadGeminiPath("/v1/models/:generateContent").has_value());
  EXPECT_FALSE(ReadGeminiPath("/v2/models/m:generateContent").has_value());
  EXPECT_FALSE(ReadGeminiPath("/v1/models/m").has_value());
}

TEST(GeminiPath, RefusesWhatNoModelIsCalled) {
  for (const std::string_view model :
       {"%", "%4", "%zz", "a%20b", "a%00", "..%2Fx", "a/../b", "/x"}) {
    const std::string path = StrCat("/v1/models/", model, ":x");
    EXPECT_FALSE(ModelOf(*ReadGeminiPath(path)).ok()) << model;
  }
  const std::string longest = StrCat("/v1/models/", std::string(256, 'm'), ":x");
  EXPECT_TRUE(ModelOf(*ReadGeminiPath(longest)).ok());
  const std::string longer = StrCat("/v1/models/", std::string(257, 'm'), ":x");
  EXPECT_FALSE(ModelOf(*ReadGeminiPath(longer)).ok());
}

TEST(GeminiPath, GoesOnAsItCameButForAnotherModel) {
  const GeminiPath path = *ReadGeminiPath("/v1/models/a%40b:generateContent");
  EXPECT_EQ(GeminiPathFor(path, "a@b", "a@b", path.verb), "/v1/models/a%40b:generateContent");
  EXPECT_EQ(GeminiPathFor(path, "a@b", "c d@e/f?", kStreamVerb),
            "/v1/models/c%20d%40e/f%3F:streamGenerateContent");
  EXPECT_TRUE(AsksForEvents("key=k&alt=sse"));
  EXPECT_FALSE(AsksForEvents("alt=json&xalt=sse"));
}

TEST(GeminiFields, AreReadInBothSpellings) {
  for (const std::string_view text :
       {R"({"contents":[{}],"systemInstruction":{"parts":[]},"tools":[{}],"generationConfig":{)"
        R"("maxOutputTokens":9,"candidateCount":2,"temperature":1,"thinkingConfig":{)"
        R"("thinkingBudget":-1}}})",
        R"({"contents":[{}],"system_instruction":{"parts":[]},"tools":[{}],"generation_config":{)"
        R"("max_output_tokens":9,"candidate_count":2,"temperature":1,"thinking_config":{)"
        R"("include_thoughts":true}}})"}) {
    const Held held(text);
    ASSERT_TRUE(held.facts.ok()) << held.facts.status();
    EXPECT_EQ(held.facts->model, kModel);
    EXPECT_EQ(held.facts->max_output_tokens(), 9);
    EXPECT_EQ(held.facts->choices.number, 2);
    EXPECT_TRUE(held.facts->has_temperature && held.facts->thinks && held.facts->has_tools);
    EXPECT_GT(held.facts->messages.size, 0U);
    EXPECT_GT(held.facts->system.size, 0U);
  }
  EXPECT_FALSE(Held(R"({"contents":[],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}})")
                   .facts->thinks);
}

TEST(GeminiFields, RefusesWhatCanBeReadInTwoWays) {
  for (const auto& [text, word] : std::vector<std::pair<std::string_view, std::string_view>>{
           {R"({"generationConfig":{},"generation_config":{}})", "stands there twice"},
           {R"({"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}})", "twice"},
           {R"({"generationConfig":{"MaxOutputTokens":1}})", "must be written"},
           {R"({"generationConfig":{"maxOutputTokens":-1}})", "must be a whole number"},
           {R"({"generationConfig":[]})", "'generationConfig' must be an object"},
           {R"({"systemInstruction":{"parts":[],"p\u0061rts":[]}})", "twice"},
           {R"({"Contents":[]})", "must be written 'contents'"},
           {R"({"requests":[{"model":"models/a"},{"model":"models/b"}]})", "two models"}}) {
    const Held held(text);
    ASSERT_FALSE(held.facts.ok()) << text;
    EXPECT_THAT(std::string(held.facts.status().message()), HasSubstr(std::string(word)));
  }
}

TEST(GeminiFields, TheModelIsNamedAgainInBatches) {
  const std::string_view text =
      R"({"requests":[{"model":"models/gemini-x"},{"content":{},"model":"gemini-x"}]})";
  const Held held(text);
  ASSERT_TRUE(held.facts.ok());
  EXPECT_EQ(held.facts->named_model, kModel);
  EXPECT_EQ(Edited(text, {}), text);
  BodyChanges changes;
  changes.upstream_model = "other";
  EXPECT_EQ(Edited(text, changes),
            R"({"requests":[{"model":"models/other"},{"content":{},"model":"models/other"}]})");
}

TEST(GeminiEdits, BoundsGoIntoTheConfig) {
  BodyChanges changes;
  changes.max_tokens = {.min = 0, .max = 200, .standard = 100};
  changes.temperature_milli = 500;
  changes.stream = true;
  EXPECT_EQ(Edited(R"({"contents":[]})", changes),
            R"({"generationConfig":{"maxOutputTokens":100,"temperature":0.500},"contents":[]})");
  EXPECT_EQ(Edited(R"({"contents":[],"generationConfig":null})", changes),
            R"({"contents":[],"generationConfig":{"maxOutputTokens":100,"temperature":0.500}})");
  EXPECT_EQ(Edited(R"({"contents":[],"generation_config":{ }})", changes),
            R"({"contents":[],"generation_config":{"maxOutputTokens":100,"temperature":0.500 }})");
  EXPECT_EQ(
      Edited(R"({"contents":[],"generationConfig":{"maxOutputTokens":900,"topK":1}})", changes),
      R"({"contents":[],"generationConfig":{"temperature":0.500,"maxOutputTokens":200,"topK":1}})");
}

TEST(GeminiEdits, APromptIsAPartBeforeTheOthers) {
  BodyChanges changes;
  changes.system_prompt = "Be \"brief\".";
  const std::string part = R"({"text":"Be \"brief\"."})";
  EXPECT_EQ(Edited(R"({"contents":[]})", changes),
            R"({"systemInstruction":{"parts":[)" + part + R"(]},"contents":[]})");
  EXPECT_EQ(Edited(R"({"contents":[],"systemInstruction":null})", changes),
            R"({"contents":[],"systemInstruction":{"parts":[)" + part + "]}}");
  EXPECT_EQ(Edited(R"({"contents":[],"system_instruction":{"parts":[ ]}})", changes),
            R"({"contents":[],"system_instruction":{"parts":[)" + part + " ]}}");
  EXPECT_EQ(Edited(R"({"contents":[],"systemInstruction":{"role":"x","parts":[{"text":"own"}]}})",
                   changes),
            R"({"contents":[],"systemInstruction":{"role":"x","parts":[)" + part +
                R"(,{"text":"own"}]}})");
  for (const std::string_view odd : {R"({"contents":[],"systemInstruction":"text"})",
                                     R"({"contents":[],"systemInstruction":{"parts":"x"}})"}) {
    const Held held(odd);
    EXPECT_NE(NoRoomForPrompt(kGemini, *held.facts, held.body), "") << odd;
  }
}

TEST(GeminiFields, AConversationBeginsWithWhatTheUserSaid) {
  for (const std::string_view role : {"", R"("role":"user",)"}) {
    const Held held(StrCat(R"({"systemInstruction":{"parts":[{"text":"be"}]},"contents":[{)", role,
                           R"("parts":[{"text":"hello"}]}]})"));
    const ConversationStart start = ReadConversationStart(*held.facts, held.body);
    EXPECT_EQ(start.system, "be");
    EXPECT_EQ(start.first_user_text, "hello");
  }
}

TEST(GeminiFields, PicturesAreSeenAndCountAsOne) {
  for (const std::string_view name : {"inlineData", "inline_data"}) {
    const Held held(StrCat(R"({"contents":[{"parts":[{")", name, R"(":{"mimeType":"i","data":")",
                           std::string(100'000, 'A'), R"("}}]}]})"));
    EXPECT_TRUE(HasMedia(*held.facts, held.body));
    EXPECT_GE(MeasureGeminiBody(held.body).estimated_tokens, 1'600);
    EXPECT_LT(MeasureGeminiBody(held.body).estimated_tokens, 1'650);
  }
  EXPECT_EQ(MeasureGeminiBody(R"({"a":"\"inline"})").estimated_tokens, 4);
}

}  // namespace
}  // namespace weir::relay
