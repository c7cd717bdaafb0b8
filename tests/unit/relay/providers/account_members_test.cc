#include "services/relay/providers/account_members.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/quirks.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

Account AccountWith(const std::vector<std::string_view>& quirks) {
  Account account;
  for (const std::string_view quirk : quirks) account.quirks.push_back(*ParseQuirk(quirk));
  return account;
}

// What goes to the account of a client's own body.
std::string Sent(Dialect dialect, const std::vector<std::string_view>& quirks,
                 std::string_view body) {
  const Account account = AccountWith(quirks);
  std::vector<BodyEdit> edits;
  PlanMemberEdits(body, MemberChangesFor(account, dialect), edits);
  std::string out;
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    StrAppend(out, body.substr(at, edit.erased.begin - at), edit.text);
    at = edit.erased.begin + edit.erased.size;
  }
  return StrAppend(out, body.substr(at)), out;
}

struct Case {
  Dialect dialect;
  std::string_view quirk;
  std::string_view asked;
  std::string_view sent;
};

constexpr Case kCases[] = {
    {Dialect::kAnthropicMessages, "no_sampling", R"({"top_p":1,"model":"m","top_k":2})",
     R"({"model":"m"})"},
    {Dialect::kOpenAiChat, "no_sampling", R"({"model":"m","temperature":1,"top_p":1})",
     R"({"model":"m"})"},
    {Dialect::kOpenAiResponses, "no_sampling", R"({"temperature":1,"model":"m"})",
     R"({"model":"m"})"},
    {Dialect::kGemini, "no_sampling",
     R"({"generationConfig":{"temperature":1,"topP":1,"topK":2,"maxOutputTokens":5}})",
     R"({"generationConfig":{"maxOutputTokens":5}})"},
    {Dialect::kGemini, "no_sampling", R"({"generation_config":{"top_p":1,"top_k":2}})",
     R"({"generation_config":{}})"},
    {Dialect::kAnthropicMessages, "no_user", R"({"metadata":{"user_id":"u"},"model":"m"})",
     R"({"metadata":{},"model":"m"})"},
    {Dialect::kOpenAiChat, "no_user",
     R"({"user":"u","metadata":{"user_id":"mine"},"safety_identifier":"s"})",
     R"({"metadata":{"user_id":"mine"}})"},
    {Dialect::kOpenAiResponses, "no_user", R"({"user":"u","safety_identifier":"s","model":"m"})",
     R"({"model":"m"})"},
    {Dialect::kAnthropicMessages, "no_parallel_tool_calls",
     R"({"tool_choice":{"type":"auto","disable_parallel_tool_use":true}})",
     R"({"tool_choice":{"type":"auto"}})"},
    {Dialect::kOpenAiChat, "no_parallel_tool_calls", R"({"model":"m","parallel_tool_calls":false})",
     R"({"model":"m"})"},
    {Dialect::kOpenAiResponses, "no_parallel_tool_calls",
     R"({"model":"m","parallel_tool_calls":false})", R"({"model":"m"})"},
    {Dialect::kOpenAiChat, "no_reasoning_effort", R"({"model":"m","reasoning_effort":"low"})",
     R"({"model":"m"})"},
    {Dialect::kAnthropicMessages, "no_thinking", R"({"thinking":{"type":"adaptive"},"model":"m"})",
     R"({"model":"m"})"},
    {Dialect::kOpenAiChat, "max_completion_tokens", R"({"max_tokens":5})",
     R"({"max_completion_tokens":5})"},
    {Dialect::kOpenAiChat, "max_completion_tokens=off", R"({"max_completion_tokens":5})",
     R"({"max_tokens":5})"},
    {Dialect::kAnthropicMessages, "max_completion_tokens", R"({"max_tokens":5})",
     R"({"max_tokens":5})"},
    {Dialect::kGemini, "without=labels", R"({"labels":{},"contents":[]})", R"({"contents":[]})"},
};

TEST(AccountMembersTest, WhatTheTableCallsOwnHoldsForEachProtocol) {
  for (const Case& one : kCases) {
    EXPECT_EQ(Sent(one.dialect, {one.quirk}, one.asked), one.sent)
        << DialectName(one.dialect) << " " << one.quirk;
    EXPECT_EQ(Sent(one.dialect, {}, one.asked), one.asked);
  }
}

TEST(AccountMembersTest, TheRelayKnowsWhatIsNotToBeAdded) {
  const auto omits = [](std::string_view quirk, std::string_view member) {
    return LeavesOut(AccountWith({quirk}), Dialect::kOpenAiChat, member);
  };
  EXPECT_TRUE(omits("without=stream_options", "stream_options"));
  EXPECT_TRUE(omits("no_stream_options", "stream_options"));
  EXPECT_FALSE(omits("no_stream_options=off", "stream_options"));
  EXPECT_TRUE(omits("no_sampling", "temperature"));
  EXPECT_TRUE(omits("without=temperature", "temperature"));
  EXPECT_FALSE(omits("max_completion_tokens", "max_tokens")) << "it has another name";
  EXPECT_FALSE(omits("no_user", "temperature"));
  EXPECT_TRUE(LeavesOut(AccountWith({"no_sampling"}), Dialect::kGemini, "temperature"))
      << "be it inside of another";
}

}  // namespace
}  // namespace weir::relay
