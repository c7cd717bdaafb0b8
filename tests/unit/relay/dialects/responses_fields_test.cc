// OpenAI Responses: what is read of a request, and what is written into it.
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/dialects/conversation.h"
#include "services/relay/dialects/prompt_edit.h"
#include "services/relay/dialects/request_media.h"
#include "services/relay/dialects/signature_hash.h"
#include "services/relay/dialects/signed_blocks.h"
#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::Applied;
using testing::Changed;
using ::testing::HasSubstr;
using testing::Parsed;
using testing::Scan;

constexpr Dialect kResponses = Dialect::kOpenAiResponses;

RequestFacts Facts(std::string_view body) {
  const absl::StatusOr<RequestFacts> facts = Scan(kResponses, body);
  EXPECT_TRUE(facts.ok()) << facts.status() << " " << body;
  return facts.value_or(RequestFacts());
}

TEST(ResponsesFields, FindsWhatMatters) {
  const std::string body =
      R"({"model":"gpt-5","stream":true,"max_output_tokens":9,"instructions":"be","input":[{}],)"
      R"("tools":[{"type":"web_search"}],"reasoning":{"summary":"auto","effort":"high"},)"
      R"("temperature":1,"prompt_cache_key":"k","previous_response_id":"resp_1",)"
      R"("stream_options":{"include_obfuscation":false},"background":false,"n":7,"system":"x"})";
  const RequestFacts facts = Facts(body);
  EXPECT_EQ(facts.model, "gpt-5");
  EXPECT_TRUE(facts.stream);
  EXPECT_EQ(facts.max_output_tokens(), 9);
  EXPECT_EQ(body.substr(facts.system.begin, facts.system.size), "\"be\"");
  EXPECT_EQ(body.substr(facts.messages.begin, facts.messages.size), "[{}]");
  EXPECT_TRUE(facts.has_tools);
  EXPECT_TRUE(facts.thinks);
  EXPECT_TRUE(facts.has_temperature);
  EXPECT_EQ(facts.affinity, "k");
  EXPECT_EQ(facts.previous_response, "resp_1");
  EXPECT_EQ(facts.choices.number, -1) << "there is no n here";
}

TEST(ResponsesFields, NullsSayNothing) {
  const RequestFacts facts =
      Facts(R"({"model":"m","input":"hi","max_output_tokens":null,"reasoning":null,)"
            R"("previous_response_id":null,"instructions":null,"background":null})");
  EXPECT_EQ(facts.max_output_tokens(), -1);
  EXPECT_FALSE(facts.thinks);
  EXPECT_TRUE(facts.previous_response.empty());
  EXPECT_FALSE(Facts(R"({"model":"m","reasoning":{"effort":"none"}})").thinks);
  EXPECT_FALSE(Facts(R"({"model":"m","reasoning":{}})").thinks);
}

TEST(ResponsesFields, RefusesWhatCannotBeRead) {
  for (const auto& [fields, word] : std::vector<std::pair<std::string, std::string>>{
           {R"("background":true)", "'background' must be false"},
           {R"("max_output_tokens":"9")", "'max_output_tokens' must be a whole number"},
           {R"("max_output_tokens":-1)", "'max_output_tokens' must be a whole number"},
           {R"("max_output_tokens":1,"max_output_tokens":2)", "stands there twice"},
           {R"("previous_response_id":["x"])", "'previous_response_id' must be"},
           {R"("previous_response_id":"a","previous_response_id":"b")", "stands there twice"},
           {R"("input":"a","input":"b")", "stands there twice"},
           {R"("Max_Output_Tokens":5)", "must be written 'max_output_tokens'"},
           {R"("reasoning":{"Effort":"high"})", "must be written 'effort'"}}) {
    const auto facts = Scan(kResponses, R"({"model":"m",)" + fields + "}");
    ASSERT_EQ(facts.status().code(), absl::StatusCode::kInvalidArgument) << fields;
    EXPECT_THAT(std::string(facts.status().message()), HasSubstr(word));
  }
}

TEST(ResponsesFields, BoundsGoIntoTheirOwnField) {
  BodyChanges changes;
  changes.max_tokens = {.min = 0, .max = 200, .standard = 100};
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi"})", changes),
            R"({"max_output_tokens":100,"model":"m","input":"hi"})");
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi","max_output_tokens":900})", changes),
            R"({"model":"m","input":"hi","max_output_tokens":200})");
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi","max_output_tokens":null})", changes),
            R"({"model":"m","input":"hi","max_output_tokens":100})");
  // OpenAI refuses fewer than 16.
  changes.max_tokens = {.min = 0, .max = 5, .standard = 5};
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi"})", changes),
            R"({"max_output_tokens":16,"model":"m","input":"hi"})");
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi","max_output_tokens":900})", changes),
            R"({"model":"m","input":"hi","max_output_tokens":16})");
}

TEST(ResponsesFields, StreamsAreForcedWithoutChatsOptions) {
  BodyChanges changes;
  changes.ask_for_usage = true;
  changes.stream = true;
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi"})", changes),
            R"({"stream":true,"model":"m","input":"hi"})");
  changes.stream = false;
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","stream":true,"stream_options":{}})", changes),
            R"({"model":"m","stream":false,"stream_options":null})");
}

TEST(ResponsesFields, APromptGoesBeforeTheInstructions) {
  BodyChanges changes;
  changes.system_prompt = "Be \"brief\".";
  const std::string text = R"("Be \"brief\".")";
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":"hi"})", changes),
            R"({"instructions":)" + text + R"(,"model":"m","input":"hi"})");
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":[],"instructions":null})", changes),
            R"({"model":"m","input":[],"instructions":)" + text + "}");
  EXPECT_EQ(Changed(kResponses, R"({"model":"m","input":[],"instructions":"own"})", changes),
            R"({"model":"m","input":[],"instructions":"Be \"brief\".\n\nown"})");
  const std::string odd = R"({"model":"m","input":[],"instructions":["x"]})";
  EXPECT_EQ(NoRoomForPrompt(kResponses, Facts(odd), odd), "'instructions' must be text");
}

std::string FirstText(std::string body) {
  const RequestFacts facts = Facts(body);
  return std::string(ReadConversationStart(facts, body).first_user_text);
}

TEST(ResponsesFields, AConversationBeginsWithWhatTheUserSaid) {
  EXPECT_EQ(FirstText(R"({"model":"m","input":"all of it"})"), "all of it");
  EXPECT_EQ(FirstText(R"({"model":"m","input":[
      {"type":"message","role":"developer","content":[{"type":"input_text","text":"rules"}]},
      {"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}]})"),
            "hello");
  EXPECT_EQ(FirstText(R"({"model":"m","input":[{"role":"user","content":"plain"}]})"), "plain");
}

TEST(ResponsesFields, ImagesAreSeen) {
  std::string body =
      R"({"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"u"}]}]})";
  body.resize(body.size() + 64);
  const std::string_view view = std::string_view(body).substr(0, body.size() - 64);
  EXPECT_TRUE(HasMedia(Facts(view), view));
}

TEST(ResponsesFields, EncryptedReasoningGoesAsAWhole) {
  std::string body =
      R"({"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"A"},)"
      R"({"role":"user","content":"x"}, {"encrypted_content":"B","type":"reasoning"},)"
      R"({"type":"reasoning","summary":[]},{"type":"compaction","encrypted_content":"C"}]})";
  const std::size_t size = body.size();
  body.resize(size + 64);
  const std::string_view view = std::string_view(body).substr(0, size);
  const RequestFacts facts = Facts(view);
  const SignedBlocks blocks = SignedBlocks::Find(kResponses, facts, view);
  SignatureHash a;
  a.Add("A");
  SignatureHash b;
  b.Add("B");
  ASSERT_EQ(blocks.hashes(), (std::vector{a.value(), b.value()}));
  EXPECT_EQ(Applied(view, blocks.Without({true, false}, facts, view).edits),
            R"({"model":"m","input":[{"role":"user","content":"x"}, )"
            R"({"encrypted_content":"B","type":"reasoning"},{"type":"reasoning","summary":[]},)"
            R"({"type":"compaction","encrypted_content":"C"}]})");
  const SignedBlocks::Drop all = blocks.Without({true, true}, facts, view);
  EXPECT_EQ(Parsed(Applied(view, all.edits)).at("input").as_array().size(), 3U);
  EXPECT_FALSE(all.disable_thinking);
}

// Found by the fuzzer: a reasoning item may hold its text beside what is encrypted.
TEST(ResponsesFields, EncryptedReasoningTakesItsTextAlong) {
  for (
      const std::string_view item :
      {R"({"type":"reasoning","encrypted_content":"A","content":[{"type":"reasoning_text","text":"t"}]})",
       R"({"content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":"A","type":"reasoning"})"}) {
    std::string body =
        StrCat(R"({"model":"m","input":[)", item, R"(,{"role":"user","content":"x"}]})");
    const std::size_t size = body.size();
    body.resize(size + 64);
    const std::string_view view = std::string_view(body).substr(0, size);
    const RequestFacts facts = Facts(view);
    const SignedBlocks blocks = SignedBlocks::Find(kResponses, facts, view);
    ASSERT_EQ(blocks.hashes().size(), 1U);
    EXPECT_EQ(Applied(view, blocks.Without({true}, facts, view).edits),
              R"({"model":"m","input":[{"role":"user","content":"x"}]})");
    EXPECT_TRUE(blocks.Without({false}, facts, view).edits.empty());
  }
}

}  // namespace
}  // namespace weir::relay
