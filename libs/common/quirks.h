// What an upstream cannot take of its protocol, or wants otherwise, in words: "no_sampling",
// "max_completion_tokens=off", "stops_max=0", "without=metadata". An account's setting and the
// relay's own table (providers/data/quirks.txt) are written alike; docs/quirks.md says what each
// does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

enum class Quirk : std::uint8_t {
  kMaxCompletionTokens,
  kNoSampling,
  kTemperatureOrTopP,
  kNoReasoningEffort,
  kNoReasoningSummary,
  kNoThinking,
  kAdaptiveThinking,
  kThinkingAsType,
  kThinkingAsFlag,
  kNoReasoningText,
  kReasoningTextAlways,
  kNoParallelToolCalls,
  kNoStrictTools,
  kNoJsonSchema,
  kNoJsonObject,
  kDeveloperRole,
  kSystemAsUser,
  kSystemFirst,
  kAssistantAfterTool,
  kShortToolIds,
  kNoImages,
  kNoImageUrls,
  kNoGif,
  kNoWebp,
  kNoHeic,
  kNoOtherImages,
  kNoDocuments,
  kNoUser,
  kNoStreamOptions,
  kNoBetas,
  kThinkingByLevel,
  kTwoThinkingLevels,
  kSignedCalls,
  kCachePrompts,
  kStopsMax,
  kToolNameBytesMax,
  kThinkingTokensMin,
  kOutputTokensMax,
  kWithout,
};

enum class QuirkKind : std::uint8_t {
  kFlag,    // "name" or "name=on"; "name=off" lifts it
  kFigure,  // "name=4"
  kMember,  // "name=metadata": a member of the body
};

// In requests of which protocols it means anything: a bit each.
namespace quirk_for {
inline constexpr unsigned kAnthropic = 1;
inline constexpr unsigned kChat = 2;
inline constexpr unsigned kResponses = 4;
inline constexpr unsigned kGemini = 8;
inline constexpr unsigned kAll = kAnthropic | kChat | kResponses | kGemini;
}  // namespace quirk_for

struct QuirkWords {
  Quirk quirk;
  std::string_view name;
  unsigned protocols = quirk_for::kAll;
  QuirkKind kind = QuirkKind::kFlag;
  std::int64_t min = 0;  // of a figure
  std::int64_t max = 1;
};

inline constexpr std::array kQuirkWords = {
    QuirkWords{Quirk::kMaxCompletionTokens, "max_completion_tokens", quirk_for::kChat},
    QuirkWords{Quirk::kNoSampling, "no_sampling"},
    QuirkWords{Quirk::kTemperatureOrTopP, "temperature_or_top_p"},
    QuirkWords{Quirk::kNoReasoningEffort, "no_reasoning_effort",
               quirk_for::kAll & ~quirk_for::kAnthropic},
    QuirkWords{Quirk::kNoReasoningSummary, "no_reasoning_summary", quirk_for::kResponses},
    QuirkWords{Quirk::kNoThinking, "no_thinking", quirk_for::kAnthropic},
    QuirkWords{Quirk::kAdaptiveThinking, "adaptive_thinking", quirk_for::kAnthropic},
    QuirkWords{Quirk::kThinkingAsType, "thinking_as_type", quirk_for::kChat},
    QuirkWords{Quirk::kThinkingAsFlag, "thinking_as_flag", quirk_for::kChat},
    QuirkWords{Quirk::kNoReasoningText, "no_reasoning_text",
               quirk_for::kChat | quirk_for::kResponses},
    QuirkWords{Quirk::kReasoningTextAlways, "reasoning_text_always", quirk_for::kChat},
    QuirkWords{Quirk::kNoParallelToolCalls, "no_parallel_tool_calls"},
    QuirkWords{Quirk::kNoStrictTools, "no_strict_tools"},
    QuirkWords{Quirk::kNoJsonSchema, "no_json_schema"},
    QuirkWords{Quirk::kNoJsonObject, "no_json_object"},
    QuirkWords{Quirk::kDeveloperRole, "developer_role", quirk_for::kChat},
    QuirkWords{Quirk::kSystemAsUser, "system_as_user"},
    QuirkWords{Quirk::kSystemFirst, "system_first"},
    QuirkWords{Quirk::kAssistantAfterTool, "assistant_after_tool", quirk_for::kChat},
    QuirkWords{Quirk::kShortToolIds, "short_tool_ids"},
    QuirkWords{Quirk::kNoImages, "no_images"},
    QuirkWords{Quirk::kNoImageUrls, "no_image_urls"},
    QuirkWords{Quirk::kNoGif, "no_gif"},
    QuirkWords{Quirk::kNoWebp, "no_webp"},
    QuirkWords{Quirk::kNoHeic, "no_heic"},
    QuirkWords{Quirk::kNoOtherImages, "no_other_images"},
    QuirkWords{Quirk::kNoDocuments, "no_documents"},
    QuirkWords{Quirk::kNoUser, "no_user"},
    QuirkWords{Quirk::kNoStreamOptions, "no_stream_options", quirk_for::kChat},
    QuirkWords{Quirk::kNoBetas, "no_betas", quirk_for::kAnthropic},
    QuirkWords{Quirk::kThinkingByLevel, "thinking_by_level", quirk_for::kGemini},
    QuirkWords{Quirk::kTwoThinkingLevels, "two_thinking_levels", quirk_for::kGemini},
    QuirkWords{Quirk::kSignedCalls, "signed_calls", quirk_for::kGemini},
    QuirkWords{Quirk::kCachePrompts, "cache_prompts", quirk_for::kAnthropic},
    QuirkWords{Quirk::kStopsMax, "stops_max", quirk_for::kChat | quirk_for::kGemini,
               QuirkKind::kFigure, 0, 100},
    QuirkWords{Quirk::kToolNameBytesMax, "tool_name_bytes_max", quirk_for::kAll, QuirkKind::kFigure,
               32, 1'000},
    QuirkWords{Quirk::kThinkingTokensMin, "thinking_tokens_min", quirk_for::kGemini,
               QuirkKind::kFigure, 0, 24'576},
    QuirkWords{Quirk::kOutputTokensMax, "output_tokens_max", quirk_for::kAll, QuirkKind::kFigure, 1,
               10'000'000},
    QuirkWords{Quirk::kWithout, "without", quirk_for::kAll, QuirkKind::kMember},
};

static_assert(
    [] {
      for (std::size_t i = 0; i < kQuirkWords.size(); ++i) {
        if (static_cast<std::size_t>(kQuirkWords[i].quirk) != i) return false;
      }
      return true;
    }(),
    "a row's place is its quirk's number");

// As it was said.
struct QuirkSetting {
  Quirk quirk = Quirk::kMaxCompletionTokens;
  std::int64_t value = 1;  // a flag's: 1 on, 0 off
  std::string member;      // of kWithout
  bool operator==(const QuirkSetting&) const = default;
};

inline constexpr std::size_t kQuirksMax = 64;  // of an account

// InvalidArgument: the end of a sentence that lists what it may be, without the text.
absl::StatusOr<QuirkSetting> ParseQuirk(std::string_view text);

// Which protocol an account's upstream speaks.
struct QuirkPlatform {
  std::string_view name;  // as in an account's platform_type
  unsigned protocol;      // a bit of quirk_for
};
inline constexpr std::array kQuirkPlatforms = {
    QuirkPlatform{"claude", quirk_for::kAnthropic},
    QuirkPlatform{"claude_console", quirk_for::kAnthropic},
    QuirkPlatform{"openai", quirk_for::kChat},
    QuirkPlatform{"azure_openai", quirk_for::kChat},
    QuirkPlatform{"ollama", quirk_for::kChat},
    QuirkPlatform{"openai_responses", quirk_for::kResponses},
    QuirkPlatform{"gemini", quirk_for::kGemini},
};

// InvalidArgument: the end of a sentence that lists the platforms that it is for, without the one
// at hand.
absl::Status CheckQuirkPlatform(Quirk quirk, std::string_view platform);

}  // namespace weir
