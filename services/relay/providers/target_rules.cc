#include "services/relay/providers/target_rules.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::relay {
namespace {

// Where a flag stands in a target, and what it says there when it is on.
struct FlagPlace {
  Quirk quirk;
  bool Target::*place;
  bool on;
};
constexpr std::array kFlagPlaces = {
    FlagPlace{Quirk::kMaxCompletionTokens, &Target::completion_tokens, true},
    FlagPlace{Quirk::kNoSampling, &Target::takes_sampling, false},
    FlagPlace{Quirk::kTemperatureOrTopP, &Target::takes_top_p_beside_temperature, false},
    FlagPlace{Quirk::kNoReasoningEffort, &Target::takes_effort, false},
    FlagPlace{Quirk::kNoReasoningSummary, &Target::takes_summary, false},
    FlagPlace{Quirk::kNoThinking, &Target::takes_thinking, false},
    FlagPlace{Quirk::kAdaptiveThinking, &Target::adaptive_thinking, true},
    FlagPlace{Quirk::kThinkingAsType, &Target::thinking_as_type, true},
    FlagPlace{Quirk::kThinkingAsFlag, &Target::thinking_as_flag, true},
    FlagPlace{Quirk::kNoReasoningText, &Target::takes_reasoning_text, false},
    FlagPlace{Quirk::kReasoningTextAlways, &Target::wants_reasoning_text, true},
    FlagPlace{Quirk::kNoParallelToolCalls, &Target::takes_parallel_tool_calls, false},
    FlagPlace{Quirk::kNoStrictTools, &Target::takes_strict_tools, false},
    FlagPlace{Quirk::kNoJsonSchema, &Target::takes_json_schema, false},
    FlagPlace{Quirk::kNoJsonObject, &Target::takes_json_object, false},
    FlagPlace{Quirk::kDeveloperRole, &Target::developer_role, true},
    FlagPlace{Quirk::kSystemAsUser, &Target::takes_system, false},
    FlagPlace{Quirk::kSystemFirst, &Target::takes_later_system, false},
    FlagPlace{Quirk::kAssistantAfterTool, &Target::assistant_after_tool, true},
    FlagPlace{Quirk::kShortToolIds, &Target::short_tool_ids, true},
    FlagPlace{Quirk::kNoImages, &Target::takes_images, false},
    FlagPlace{Quirk::kNoImageUrls, &Target::takes_image_urls, false},
    FlagPlace{Quirk::kNoGif, &Target::takes_gif, false},
    FlagPlace{Quirk::kNoWebp, &Target::takes_webp, false},
    FlagPlace{Quirk::kNoHeic, &Target::takes_heic, false},
    FlagPlace{Quirk::kNoOtherImages, &Target::takes_other_images, false},
    FlagPlace{Quirk::kNoDocuments, &Target::takes_documents, false},
    FlagPlace{Quirk::kNoUser, &Target::takes_user, false},
    FlagPlace{Quirk::kNoStreamOptions, &Target::takes_stream_options, false},
    FlagPlace{Quirk::kThinkingByLevel, &Target::thinks_by_level, true},
    FlagPlace{Quirk::kTwoThinkingLevels, &Target::thinks_medium, false},
    FlagPlace{Quirk::kSignedCalls, &Target::wants_signed_calls, true},
    FlagPlace{Quirk::kCachePrompts, &Target::caches_prompts, true},
};

void Apply(const QuirkSetting& setting, Target& target) {
  if (setting.quirk == Quirk::kStopsMax) {
    target.stops_max = static_cast<std::size_t>(setting.value);
  } else if (setting.quirk == Quirk::kToolNameBytesMax) {
    target.tool_name_bytes_max = static_cast<std::size_t>(setting.value);
  } else if (setting.quirk == Quirk::kThinkingTokensMin) {
    target.thinking_tokens_min = setting.value;
  } else if (setting.quirk == Quirk::kOutputTokensMax) {
    target.output_tokens_max = setting.value;
  }
  // What is not here is about headers, or about a body that is written already.
  for (const FlagPlace& flag : kFlagPlaces) {
    if (flag.quirk != setting.quirk) continue;
    target.*flag.place = (setting.value != 0) == flag.on;
    return;
  }
}

bool IsAt(const QuirkPlace& place, const Account& account) {
  if (place.platform.has_value()) return place.platform == account.platform;
  const std::string_view host = account.url.host;
  if (!host.ends_with(place.host)) return false;
  const std::size_t before = host.size() - place.host.size();
  return place.host.empty() || before == 0 || host[before - 1] == '.';
}

bool IsThere(const QuirkRow& row, const Account& account) {
  for (const QuirkPlace& place : row.places) {
    if (IsAt(place, account)) return true;
  }
  return false;
}

// By dialect, in their order.
using RowTable = std::array<std::vector<QuirkRow>, kDialectWords.size()>;

RowTable ReadTable() {
  RowTable table;
  // A file that cannot be read does not pass the tests.
  auto rows = ParseQuirkRows(QuirkRowsText()).value_or(std::vector<QuirkRow>());
  for (QuirkRow& row : rows) table[static_cast<std::size_t>(row.dialect)].push_back(std::move(row));
  return table;
}

const std::vector<QuirkRow>& RowsOf(Dialect dialect) {
  static const RowTable& table = *new RowTable(ReadTable());
  return table[static_cast<std::size_t>(dialect)];
}

}  // namespace

Target TargetRulesFor(const Account& account, Dialect dialect, std::string_view upstream_model) {
  Target target;
  target.family = account.family;
  for (const QuirkRow& row : RowsOf(dialect)) {
    if (!IsThere(row, account) || !row.model.Matches(upstream_model)) continue;
    for (const QuirkSetting& quirk : row.quirks) Apply(quirk, target);
  }
  for (const QuirkSetting& quirk : account.quirks) Apply(quirk, target);
  return target;
}

bool SaysOfAccount(const Account& account, Quirk quirk, std::int64_t value) {
  const auto says = [&](const QuirkSetting& setting) {
    return setting.quirk == quirk && setting.value == value;
  };
  return std::any_of(account.quirks.begin(), account.quirks.end(), says);
}

}  // namespace weir::relay
