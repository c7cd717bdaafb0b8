#include "services/relay/providers/target_rules.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/providers/account_members.h"

namespace weir::relay {
namespace {

constexpr Dialect kChat = Dialect::kOpenAiChat;
constexpr Dialect kMessages = Dialect::kAnthropicMessages;

Account At(std::string_view host, const std::vector<std::string_view>& quirks = {}) {
  Account account;
  account.platform = Platform::kOpenAi;
  account.url.host = host;
  for (const std::string_view quirk : quirks) account.quirks.push_back(*ParseQuirk(quirk));
  return account;
}

TEST(QuirkRowsTest, TheFileIsWhole) {
  const auto rows = ParseQuirkRows(QuirkRowsText());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_GT(rows->size(), 20u);
}

TEST(QuirkRowsTest, WhatIsWrongIsToldByItsLine) {
  for (const std::string_view bad :
       {"openai_chat * *", "no_such * * no_sampling", "openai_chat platform:x * no_sampling",
        "openai_chat * a*b no_sampling", "openai_chat * * no_such"}) {
    const auto rows = ParseQuirkRows(StrCat("# said\n\n", bad));
    ASSERT_FALSE(rows.ok()) << bad;
    EXPECT_TRUE(View(rows.status().message()).starts_with("line 3 ")) << rows.status();
  }
}

TEST(TargetRulesTest, NobodySpecialTakesWhatIsUsual) {
  const Target target = TargetRulesFor(At("llm.internal"), kChat, "llama");
  EXPECT_FALSE(target.completion_tokens);
  EXPECT_TRUE(target.takes_sampling && target.takes_effort && target.takes_stream_options);
  EXPECT_TRUE(target.takes_reasoning_text && target.takes_images && target.takes_json_schema);
  EXPECT_EQ(target.stops_max, 4u);
  EXPECT_EQ(target.tool_name_bytes_max, 64u);
}

TEST(TargetRulesTest, OpenAiByItsModels) {
  Account azure = At("r.openai.azure.com");
  azure.platform = Platform::kAzureOpenAi;
  for (const Account& account : {At("api.openai.com"), At("openai.com"), azure}) {
    const Target plain = TargetRulesFor(account, kChat, "gpt-4o");
    EXPECT_TRUE(plain.completion_tokens && plain.takes_sampling && !plain.takes_effort);
    EXPECT_TRUE(plain.takes_parallel_tool_calls && plain.takes_images && plain.takes_system);
    const Target o3 = TargetRulesFor(account, kChat, "o3");
    EXPECT_TRUE(o3.takes_effort && !o3.takes_sampling && !o3.takes_parallel_tool_calls);
    EXPECT_FALSE(TargetRulesFor(account, kChat, "o1-mini").takes_system);
    EXPECT_TRUE(TargetRulesFor(account, kChat, "o1").takes_system);
  }
  EXPECT_FALSE(TargetRulesFor(At("evilopenai.com"), kChat, "o3").completion_tokens);
}

TEST(TargetRulesTest, WellKnownUpstreams) {
  const Target deepseek = TargetRulesFor(At("api.deepseek.com"), kChat, "deepseek-chat");
  EXPECT_TRUE(!deepseek.takes_json_schema && deepseek.takes_json_object);
  EXPECT_TRUE(deepseek.thinking_as_type && deepseek.wants_reasoning_text);
  EXPECT_EQ(deepseek.stops_max, 16u);
  const Target mistral = TargetRulesFor(At("api.mistral.ai"), kChat, "mistral-large-latest");
  EXPECT_TRUE(!mistral.takes_stream_options && !mistral.takes_user && mistral.short_tool_ids);
  EXPECT_TRUE(mistral.assistant_after_tool && !mistral.takes_later_system);
  const Target groq = TargetRulesFor(At("api.groq.com"), kChat, "openai/gpt-oss-120b");
  EXPECT_TRUE(groq.takes_effort && groq.completion_tokens && !groq.takes_reasoning_text);
  EXPECT_FALSE(TargetRulesFor(At("api.groq.com"), kChat, "qwen/qwen3-32b").takes_effort);
  const Target grok = TargetRulesFor(At("api.x.ai"), kChat, "grok-4.3");
  EXPECT_TRUE(grok.takes_effort && !grok.takes_gif && !grok.takes_webp);
  EXPECT_EQ(grok.stops_max, 0u);
  EXPECT_TRUE(TargetRulesFor(At("dashscope-intl.aliyuncs.com"), kChat, "qwen3").thinking_as_flag);
  const Target kimi = TargetRulesFor(At("api.moonshot.ai"), kChat, "kimi-k2.6");
  EXPECT_TRUE(kimi.thinking_as_type && !kimi.takes_sampling && !kimi.takes_strict_tools);
  EXPECT_TRUE(TargetRulesFor(At("api.moonshot.ai"), kChat, "moonshot-v1-8k").takes_sampling);
  EXPECT_TRUE(TargetRulesFor(At("api.z.ai"), kChat, "glm-5").thinking_as_type);
}

TEST(TargetRulesTest, ClaudeByItsModels) {
  EXPECT_EQ(TargetRulesFor(At("mirror"), kMessages, "claude-opus-4-1").tool_name_bytes_max, 128u);
  EXPECT_FALSE(TargetRulesFor(At("mirror"), kMessages, "claude-opus-4-1").adaptive_thinking);
  const Target four_six = TargetRulesFor(At("mirror"), kMessages, "claude-sonnet-4-6");
  EXPECT_TRUE(four_six.adaptive_thinking && four_six.takes_sampling);
  for (const std::string_view model :
       {"claude-opus-4-1-20250805", "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5",
        "claude-opus-4-6", "claude-sonnet-4-6"}) {
    EXPECT_FALSE(TargetRulesFor(At("mirror"), kMessages, model).takes_top_p_beside_temperature);
  }
  EXPECT_TRUE(TargetRulesFor(At("mirror"), kMessages, "claude-sonnet-4-20250514")
                  .takes_top_p_beside_temperature);
  const Target five = TargetRulesFor(At("mirror"), kMessages, "claude-opus-5");
  EXPECT_TRUE(five.adaptive_thinking && !five.takes_sampling);
}

// The limits stand in the catalogue of prices too, for people to read: both say the same.
TEST(TargetRulesTest, HowMuchAModelSaysIsWhatTheCatalogueSays) {
  std::ifstream file(WEIR_PRICES_CSV);
  ASSERT_TRUE(file.is_open());
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream columns(line);
    std::string provider, model, mode, context, tokens;
    for (std::string* column : {&provider, &model, &mode, &context, &tokens}) {
      std::getline(columns, *column, ',');
    }
    const bool chats = mode == "chat" || mode == "responses";
    Target target;
    if (provider == "openai" && mode == "responses") {
      target = TargetRulesFor(At("api.openai.com"), Dialect::kOpenAiResponses, model);
    } else if (provider == "openai" || provider == "deepseek") {
      target = TargetRulesFor(At(StrCat("api.", provider, ".com")), kChat, model);
    } else if (provider == "anthropic") {
      target = TargetRulesFor(At("mirror"), kMessages, model);
    } else if (provider == "gemini") {
      target = TargetRulesFor(At("mirror"), Dialect::kGemini, model);
    }
    if (!chats || tokens.empty() || target.output_tokens_max == 0) continue;
    EXPECT_EQ(StrCat(target.output_tokens_max), tokens) << provider << ' ' << model;
    ++checked;
  }
  EXPECT_GT(checked, 100);
}

TEST(TargetRulesTest, TheAccountsWordIsTheLast) {
  const Account account = At("api.openai.com", {"max_completion_tokens=off", "no_images",
                                                "stops_max=1", "output_tokens_max=77"});
  const Target target = TargetRulesFor(account, kChat, "gpt-4o");
  EXPECT_TRUE(!target.completion_tokens && !target.takes_images && !target.takes_effort);
  EXPECT_EQ(target.stops_max, 1u);
  EXPECT_EQ(target.output_tokens_max, 77);
  EXPECT_TRUE(SaysOfAccount(account, Quirk::kMaxCompletionTokens, 0));
  EXPECT_FALSE(SaysOfAccount(account, Quirk::kMaxCompletionTokens));
}

TEST(AccountMembersTest, OnlyChatHasTwoNamesForItsLimit) {
  const Account account = At("llm.internal", {"max_completion_tokens", "no_sampling=off"});
  ASSERT_EQ(MemberChangesFor(account, kChat).size(), 1u);
  EXPECT_EQ(MemberChangesFor(account, kChat).front().renamed, "max_completion_tokens");
  EXPECT_TRUE(MemberChangesFor(account, kMessages).empty());
}

TEST(TargetRulesTest, TheTableSaysOfEachProtocolWhatMeansSomethingThere) {
  const auto rows = ParseQuirkRows(QuirkRowsText());
  ASSERT_TRUE(rows.ok()) << rows.status();
  for (const QuirkRow& row : *rows) {
    for (const QuirkSetting& said : row.quirks) {
      const QuirkWords& words = kQuirkWords[static_cast<std::size_t>(said.quirk)];
      EXPECT_NE(words.protocols & (1U << static_cast<unsigned>(row.dialect)), 0U)
          << DialectName(row.dialect) << ' ' << words.name;
    }
  }
}

// Whatever may be said has a meaning: it changes a target, the body's members, or a header.
TEST(TargetRulesTest, EveryQuirkMeansSomething) {
  const auto same = [](const Target& a, const Target& b) {
    return std::memcmp(&a, &b, offsetof(Target, stops_max)) == 0 && a.stops_max == b.stops_max &&
           a.tool_name_bytes_max == b.tool_name_bytes_max &&
           a.thinking_tokens_min == b.thinking_tokens_min &&
           a.output_tokens_max == b.output_tokens_max;
  };
  for (const QuirkWords& words : kQuirkWords) {
    const std::string text = words.kind == QuirkKind::kFlag     ? std::string(words.name)
                             : words.kind == QuirkKind::kFigure ? StrCat(words.name, "=77")
                                                                : StrCat(words.name, "=store");
    const Account account = At("llm.internal", {text});
    const bool changes = !same(TargetRulesFor(account, kChat, "m"), Target{}) ||
                         !MemberChangesFor(account, kChat).empty() ||
                         words.quirk == Quirk::kNoBetas;
    EXPECT_TRUE(changes) << text;
  }
}

}  // namespace
}  // namespace weir::relay
