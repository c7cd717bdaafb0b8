#include "services/relay/translate/openai_responses/text_input.h"

#include "libs/common/json_text.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::openai_responses {
namespace {

constexpr std::size_t kLongEscapeBytes = 6;  // \u and four digits
constexpr std::size_t kNameBytesMax = 16;
constexpr std::string_view kSpace = " \t\r\n";

// The first half of a surrogate pair.
bool IsHalf(std::string_view escape) {
  constexpr std::string_view kSecondDigits = "89abAB";
  return escape.size() == kLongEscapeBytes && escape[1] == 'u' &&
         (escape[2] == 'd' || escape[2] == 'D') &&
         kSecondDigits.find(escape[3]) != std::string_view::npos;
}

// Such a half waits for the other one: events are text of their own.
bool IsWhole(std::string_view escape) {
  if (escape.size() < 2) return false;
  if (escape[1] != 'u' || escape.size() == 2 * kLongEscapeBytes) return true;
  return escape.size() == kLongEscapeBytes && !IsHalf(escape);
}

// Whether the text ends with the first half of a surrogate pair, as an escape.
bool EndsInHalf(std::string_view escaped) {
  if (escaped.size() < kLongEscapeBytes) return false;
  const std::size_t slash = escaped.size() - kLongEscapeBytes;
  if (escaped[slash] != '\\' || !IsHalf(escaped.substr(slash))) return false;
  const std::size_t before = escaped.substr(0, slash).find_last_not_of('\\');
  const std::size_t slashes = before == std::string_view::npos ? slash : slash - before - 1;
  return slashes % 2 == 0;
}

}  // namespace

void TextInput::Feed(std::string_view escaped, std::string& out) {
  half_ += escaped;
  std::string_view whole = half_;
  if (EndsInHalf(whole)) whole.remove_suffix(kLongEscapeBytes);
  plain_.clear();
  AppendUnescaped(whole, plain_);
  half_.erase(0, whole.size());
  for (const char c : plain_) Step(c, out);
}

void TextInput::Step(char c, std::string& out) {
  switch (state_) {
    case State::kOutside:
      return StepOutside(c);
    case State::kString:
      return StepString(c);
    case State::kBeforeText:
      if (c == '"') {
        state_ = State::kText;
      } else if (kSpace.find(c) == std::string_view::npos) {
        state_ = State::kOutside;  // it is no text
        StepOutside(c);
      }
      return;
    case State::kText:
      return StepText(c, out);
    case State::kOver:
      return;
  }
}

void TextInput::StepOutside(char c) {
  if (c == ':' && depth_ == 1 && name_ == "input") state_ = State::kBeforeText;
  if (c == '"') state_ = State::kString;
  if (c == '{' || c == '[') ++depth_;
  if (c == '}' || c == ']') --depth_;
  if (kSpace.find(c) == std::string_view::npos) name_.clear();
}

void TextInput::StepString(char c) {
  if (c == '"' && !after_slash_) {
    state_ = State::kOutside;
    return;
  }
  after_slash_ = c == '\\' && !after_slash_;
  if (depth_ == 1 && name_.size() < kNameBytesMax) name_ += c;
}

// A half behind which no other one comes goes out as it is.
void TextInput::DropHalf(char c, std::string& out) {
  const bool alone =
      (IsHalf(escape_) && c != '\\') || (escape_.size() == kLongEscapeBytes + 1 && c != 'u');
  if (!alone) return;
  out.append(escape_, 0, kLongEscapeBytes);
  escape_.erase(0, kLongEscapeBytes);
}

void TextInput::StepText(char c, std::string& out) {
  DropHalf(c, out);
  if (!escape_.empty() || c == '\\') {
    escape_ += c;
    if (!IsWhole(escape_)) return;
    out += escape_;
    escape_.clear();
  } else if (c == '"') {
    state_ = State::kOver;
  } else if (static_cast<unsigned char>(c) < ' ') {
    // Not allowed there, but models write it.
    std::string quoted;
    AppendJsonString(quoted, std::string_view(&c, 1));
    out.append(quoted, 1, quoted.size() - 2);
  } else {
    out += c;
  }
}

}  // namespace weir::relay::openai_responses
