#include "libs/common/quirks.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "libs/common/text.h"

namespace weir {
namespace {

// What the relay reads of a body itself, or is no request without.
constexpr std::string_view kNeverLeftOut[] = {"model",
                                              "messages",
                                              "input",
                                              "contents",
                                              "instructions",
                                              "system",
                                              "systemInstruction",
                                              "system_instruction",
                                              "max_tokens",
                                              "max_output_tokens",
                                              "max_completion_tokens",
                                              "generationConfig",
                                              "generation_config",
                                              "stream",
                                              "prompt"};

bool IsMemberName(std::string_view name) {
  constexpr std::size_t kBytesMax = 64;
  return !name.empty() && name.size() <= kBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

absl::Status Unknown() {
  std::string names;
  for (const QuirkWords& words : kQuirkWords) {
    StrAppend(names, names.empty() ? "" : ", ", words.name);
    if (words.kind == QuirkKind::kFigure) StrAppend(names, "=", words.min, "...", words.max);
    if (words.kind == QuirkKind::kMember) names += "=MEMBER";
  }
  return absl::InvalidArgumentError(
      StrCat("must be names of quirks, each alone or with =off behind it: ", names));
}

absl::Status Wrong(std::string_view name, std::string_view expected) {
  return absl::InvalidArgumentError(StrCat("must say ", name, "=", expected));
}

absl::StatusOr<QuirkSetting> ReadFigure(const QuirkWords& words, std::string_view value) {
  QuirkSetting setting{words.quirk, 0, {}};
  const char* const end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, setting.value);
  if (error != std::errc() || at != end || setting.value < words.min || setting.value > words.max) {
    return Wrong(words.name, StrCat("and a number from ", words.min, " to ", words.max));
  }
  return setting;
}

absl::StatusOr<QuirkSetting> ReadMember(const QuirkWords& words, std::string_view value) {
  if (!IsMemberName(value)) return Wrong(words.name, "and the name of a member");
  const auto* const end = std::end(kNeverLeftOut);
  if (std::find(std::begin(kNeverLeftOut), end, value) != end) {
    return Wrong(words.name, "and a member that the relay does not need itself");
  }
  return QuirkSetting{words.quirk, 1, std::string(value)};
}

}  // namespace

absl::Status CheckQuirkPlatform(Quirk quirk, std::string_view platform) {
  const QuirkWords& words = kQuirkWords[static_cast<std::size_t>(quirk)];
  std::string names;
  for (const QuirkPlatform& known : kQuirkPlatforms) {
    if ((words.protocols & known.protocol) == 0) continue;
    if (known.name == platform) return absl::OkStatus();
    StrAppend(names, names.empty() ? "" : ", ", known.name);
  }
  return absl::InvalidArgumentError(
      StrCat("must suit the platform: ", words.name, " is for ", names));
}

absl::StatusOr<QuirkSetting> ParseQuirk(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? text.substr(equals + 1) : std::string_view();
  const auto words =
      std::find_if(kQuirkWords.begin(), kQuirkWords.end(),
                   [name](const QuirkWords& candidate) { return candidate.name == name; });
  if (words == kQuirkWords.end()) return Unknown();
  if (words->kind == QuirkKind::kFigure) return ReadFigure(*words, value);
  if (words->kind == QuirkKind::kMember) return ReadMember(*words, value);
  if (has_value && value != "on" && value != "off") return Wrong(words->name, "on or off");
  return QuirkSetting{words->quirk, value == "off" ? 0 : 1, {}};
}

}  // namespace weir
