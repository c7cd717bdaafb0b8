#include "services/relay/providers/account_members.h"

#include <algorithm>
#include <array>

#include "libs/common/quirks.h"

namespace weir::relay {
namespace {

constexpr unsigned BitOf(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return quirk_for::kAnthropic;
    case Dialect::kOpenAiChat:
      return quirk_for::kChat;
    case Dialect::kOpenAiResponses:
      return quirk_for::kResponses;
    case Dialect::kGemini:
      break;
  }
  return quirk_for::kGemini;
}

struct Row {
  Quirk quirk;
  std::int64_t value;
  unsigned protocols;
  MemberChange change;
};
constexpr unsigned kOpenAi = quirk_for::kChat | quirk_for::kResponses;
constexpr unsigned kFlat = quirk_for::kAll & ~quirk_for::kGemini;
constexpr std::string_view kConfigs[] = {"generationConfig", "generation_config"};
constexpr std::array kRows = {
    Row{Quirk::kNoSampling, 1, kFlat, {"temperature"}},
    Row{Quirk::kNoSampling, 1, kFlat, {"top_p"}},
    Row{Quirk::kNoSampling, 1, kFlat, {"top_k"}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"temperature", {}, kConfigs[0]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"temperature", {}, kConfigs[1]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"topP", {}, kConfigs[0]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"topP", {}, kConfigs[1]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"top_p", {}, kConfigs[0]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"top_p", {}, kConfigs[1]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"topK", {}, kConfigs[0]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"topK", {}, kConfigs[1]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"top_k", {}, kConfigs[0]}},
    Row{Quirk::kNoSampling, 1, quirk_for::kGemini, {"top_k", {}, kConfigs[1]}},
    Row{Quirk::kNoReasoningEffort, 1, quirk_for::kChat, {"reasoning_effort"}},
    Row{Quirk::kNoThinking, 1, quirk_for::kAnthropic, {"thinking"}},
    Row{Quirk::kNoParallelToolCalls, 1, kOpenAi, {"parallel_tool_calls"}},
    Row{Quirk::kNoParallelToolCalls,
        1,
        quirk_for::kAnthropic,
        {"disable_parallel_tool_use", {}, "tool_choice"}},
    Row{Quirk::kNoUser, 1, kOpenAi, {"user"}},
    Row{Quirk::kNoUser, 1, kOpenAi, {"safety_identifier"}},
    Row{Quirk::kNoUser, 1, quirk_for::kAnthropic, {"user_id", {}, "metadata"}},
    Row{Quirk::kNoStreamOptions, 1, quirk_for::kChat, {"stream_options"}},
    Row{Quirk::kMaxCompletionTokens, 1, quirk_for::kChat, {"max_tokens", "max_completion_tokens"}},
    Row{Quirk::kMaxCompletionTokens, 0, quirk_for::kChat, {"max_completion_tokens", "max_tokens"}},
};

}  // namespace

std::vector<MemberChange> MemberChangesFor(const Account& account, Dialect dialect) {
  std::vector<MemberChange> changes;
  const unsigned bit = BitOf(dialect);
  for (const QuirkSetting& setting : account.quirks) {
    if (setting.quirk == Quirk::kWithout) changes.push_back({setting.member});
    for (const Row& row : kRows) {
      const bool told = row.quirk == setting.quirk && row.value == setting.value;
      if (told && (row.protocols & bit) != 0) changes.push_back(row.change);
    }
  }
  return changes;
}

bool LeavesOut(const Account& account, Dialect dialect, std::string_view member) {
  if (account.quirks.empty()) return false;
  const std::vector<MemberChange> changes = MemberChangesFor(account, dialect);
  return std::any_of(changes.begin(), changes.end(), [member](const MemberChange& change) {
    return change.renamed.empty() && change.name == member;
  });
}

}  // namespace weir::relay
