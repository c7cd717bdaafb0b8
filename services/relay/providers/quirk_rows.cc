// data/quirks.txt, linked in as it is, and read.
#include <algorithm>
#include <array>

#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "services/relay/providers/target_rules.h"

// clang-format off
__asm__(
    ".pushsection .rodata\n"
    ".global weir_quirks_begin\n"
    ".hidden weir_quirks_begin\n"
    "weir_quirks_begin:\n"
    ".incbin \"" WEIR_QUIRKS_FILE "\"\n"
    ".global weir_quirks_end\n"
    ".hidden weir_quirks_end\n"
    "weir_quirks_end:\n"
    ".byte 0\n"
    ".popsection\n");
// clang-format on

extern "C" {
extern const char weir_quirks_begin[] __attribute__((visibility("hidden")));
extern const char weir_quirks_end[] __attribute__((visibility("hidden")));
}

namespace weir::relay {
namespace {

struct PlatformName {
  std::string_view name;
  Platform platform;
};
constexpr std::array kPlatformNames = {
    PlatformName{"claude", Platform::kClaude},
    PlatformName{"claude_console", Platform::kClaudeConsole},
    PlatformName{"openai", Platform::kOpenAi},
    PlatformName{"openai_responses", Platform::kOpenAiResponses},
    PlatformName{"azure_openai", Platform::kAzureOpenAi},
    PlatformName{"ollama", Platform::kOllama},
    PlatformName{"gemini", Platform::kGemini},
};

absl::StatusOr<QuirkPlace> ParsePlace(std::string_view word) {
  constexpr std::string_view kPlatform = "platform:";
  if (word == "*") return QuirkPlace{};
  if (!word.starts_with(kPlatform)) return QuirkPlace{std::nullopt, word};
  for (const PlatformName& known : kPlatformNames) {
    if (known.name == word.substr(kPlatform.size())) return QuirkPlace{known.platform, {}};
  }
  return absl::InvalidArgumentError("names no platform");
}

absl::StatusOr<QuirkRow> ParseRow(const std::vector<std::string_view>& words) {
  if (words.size() < 4)
    return absl::InvalidArgumentError("needs protocol, where, model and quirks");
  QuirkRow row;
  const auto* const dialect =
      std::find_if(kDialectWords.begin(), kDialectWords.end(),
                   [&words](const DialectWords& known) { return known.name == words[0]; });
  if (dialect == kDialectWords.end()) return absl::InvalidArgumentError("has no such protocol");
  row.dialect = dialect->dialect;
  for (const std::string_view word : Split(words[1], ',')) {
    absl::StatusOr<QuirkPlace> place = ParsePlace(word);
    if (!place.ok()) return place.status();
    row.places.push_back(*place);
  }
  if (absl::Status status = CheckModelPattern(words[2]); !status.ok()) return status;
  row.model = ModelPattern(words[2]);
  for (std::size_t i = 3; i < words.size(); ++i) {
    absl::StatusOr<QuirkSetting> quirk = ParseQuirk(words[i]);
    if (!quirk.ok()) return quirk.status();
    row.quirks.push_back(*std::move(quirk));
  }
  return row;
}

std::vector<std::string_view> WordsOfLine(std::string_view line) {
  std::vector<std::string_view> words = Split(line, ' ');
  std::erase(words, std::string_view());
  return words;
}

}  // namespace

absl::StatusOr<std::vector<QuirkRow>> ParseQuirkRows(std::string_view text) {
  std::vector<QuirkRow> rows;
  int number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    const std::vector<std::string_view> words = WordsOfLine(line);
    if (words.empty() || words.front().starts_with('#')) continue;
    absl::StatusOr<QuirkRow> row = ParseRow(words);
    if (!row.ok()) {
      return absl::InvalidArgumentError(StrCat("line ", number, " ", View(row.status().message())));
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

std::string_view QuirkRowsText() {
  return {weir_quirks_begin, static_cast<std::size_t>(weir_quirks_end - weir_quirks_begin)};
}

}  // namespace weir::relay
