#include "services/relay/dialects/conversation.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

struct Begun {
  std::string system;
  std::string text;
};

Begun StartOf(Dialect dialect, std::string body) {
  const std::size_t size = body.size();
  body.resize(size + 64);  // what the scanner may read
  const std::string_view view = std::string_view(body).substr(0, size);
  const absl::StatusOr<RequestFacts> facts = ScanRequest(dialect, view);
  EXPECT_TRUE(facts.ok()) << facts.status() << body;
  if (!facts.ok()) return {};
  const ConversationStart start = ReadConversationStart(*facts, view);
  return {std::string(start.system), std::string(start.first_user_text)};
}

Begun Anthropic(std::string_view fields) {
  return StartOf(Dialect::kAnthropicMessages, StrCat(R"({"model":"m",)", fields, "}"));
}

TEST(ConversationStart, StaysTheSameFromTurnToTurn) {
  const Begun first =
      Anthropic(R"("system":"be kind","messages":[{"role":"user","content":"Hello \"you\""}])");
  EXPECT_EQ(first.system, "be kind");
  EXPECT_EQ(first.text, R"(Hello \"you\")");
  const Begun second = Anthropic(
      R"("system":[{"type":"text","text":"be kind"}],"messages":[{"content":[{"type":"text",)"
      R"("text":"Hello \"you\"","cache_control":{"type":"ephemeral"}}],"role":"user"},)"
      R"({"role":"assistant","content":"Hi"},{"role":"user","content":"More"}])");
  EXPECT_EQ(second.system, first.system);
  EXPECT_EQ(second.text, first.text);
}

TEST(ConversationStart, LeavesOutWhatChangesWithEachPrompt) {
  EXPECT_EQ(Anthropic(R"("system":[{"type":"text","text":"x-anthropic-billing-header: cc=1.abc"},)"
                      R"({"type":"text","text":"You are Claude"}],"messages":[])")
                .system,
            "You are Claude");
}

TEST(ConversationStart, FindsTheUserBehindTheSystemsMessages) {
  const Begun begun =
      StartOf(Dialect::kOpenAiChat,
              R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user",)"
              R"("content":[{"type":"image_url","image_url":{"url":"data:x"}},)"
              R"({"type":"text","text":"what is it"}]}]})");
  EXPECT_EQ(begun.text, "what is it");
  EXPECT_EQ(begun.system, "");
}

TEST(ConversationStart, IsBounded) {
  const std::string text(100'000, 'x');
  EXPECT_EQ(Anthropic(StrCat(R"("messages":[{"role":"user","content":")", text, R"("}])")).text,
            text.substr(0, kConversationBytesMax));
  std::string many = R"("messages":[)";
  for (int i = 0; i < 100; ++i) many += R"({"role":"assistant","content":"x"},)";
  many += R"({"role":"user","content":"too late"}])";
  EXPECT_EQ(Anthropic(many).text, "");
}

TEST(ConversationStart, OddMessagesHaveNone) {
  for (const std::string_view messages :
       {R"([])", R"([1,2])", R"(["user"])", R"([{"role":"user"}])",
        R"([{"role":"user","content":5}])", R"([{"role":"user","content":[]}])",
        R"([{"role":"user","content":[{}]}])", R"([{"role":"user","content":null}])",
        R"([[{"role":"user","content":"x"}]])"}) {
    EXPECT_EQ(Anthropic(StrCat(R"("messages":)", messages)).text, "") << messages;
  }
  EXPECT_EQ(Anthropic(R"("messages":[{"content":{"a":[{"b":"]}"}]},"role":"assistant"},)"
                      R"({"role":"user","content":"found"}])")
                .text,
            "found");
}

// Every prefix of a body: broken JSON never gets here, but must not hang or read beyond.
TEST(ConversationStart, AnyCutIsRead) {
  const std::string body =
      R"([{"role":"assistant","content":[{"a":"\\\""}]},{"role":"user","content":[{"text":"x\\"}]}])";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    RequestFacts facts;
    facts.messages = {0, size};
    const ConversationStart start =
        ReadConversationStart(facts, std::string_view(body).substr(0, size));
    EXPECT_LE(start.first_user_text.size(), body.size());
  }
}

TEST(SessionOfUserId, FindsTheSessionInWhatClaudeCodeSends) {
  EXPECT_EQ(SessionOfUserId(R"({"device_id":"d","account_uuid":"","session_id":"s-1"})"), "s-1");
  EXPECT_EQ(SessionOfUserId(R"({"session_id" : "s-1", "device_id":"other"})"), "s-1");
  EXPECT_EQ(SessionOfUserId("user_abc_account__session_1234"), "1234");
  EXPECT_EQ(SessionOfUserId("ann"), "ann");
  EXPECT_EQ(SessionOfUserId(R"({"session_id":5})"), R"({"session_id":5})");
  EXPECT_EQ(SessionOfUserId("x_session_"), "x_session_");
  EXPECT_EQ(SessionOfUserId(""), "");
}

}  // namespace
}  // namespace weir::relay
