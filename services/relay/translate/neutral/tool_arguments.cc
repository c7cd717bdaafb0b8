#include "services/relay/translate/neutral/tool_arguments.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/translate/neutral/json_check.h"

namespace weir::relay {
namespace {

// The four hex digits at `at`; nothing when they are none.
std::optional<std::uint32_t> HexAt(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  if (error != std::errc() || end != text.data() + at + 4) return std::nullopt;
  return value;
}

void AppendUtf8(std::uint32_t point, std::string& out) {
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | (point >> 6));
    add(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    add(0xE0 | (point >> 12));
    add(0x80 | ((point >> 6) & 0x3F));
    add(0x80 | (point & 0x3F));
  } else {
    add(0xF0 | (point >> 18));
    add(0x80 | ((point >> 12) & 0x3F));
    add(0x80 | ((point >> 6) & 0x3F));
    add(0x80 | (point & 0x3F));
  }
}

// The \uXXXX at `at` (of its digits), perhaps one of a pair; returns how many bytes were read.
std::size_t AppendCodePoint(std::string_view text, std::size_t at, std::string& out) {
  const std::optional<std::uint32_t> first = HexAt(text, at);
  if (!first.has_value()) return 0;
  const bool leads = *first >= 0xD800 && *first < 0xDC00;
  if (leads && text.substr(at + 4, 2) == "\\u") {
    const std::optional<std::uint32_t> second = HexAt(text, at + 6);
    if (second.has_value() && *second >= 0xDC00 && *second < 0xE000) {
      AppendUtf8(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00), out);
      return 10;
    }
  }
  const bool alone = *first >= 0xD800 && *first < 0xE000;
  AppendUtf8(alone ? 0xFFFD : *first, out);
  return 4;
}

}  // namespace

void AppendUnescaped(std::string_view escaped, std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  while (!escaped.empty()) {
    const std::size_t slash = escaped.find('\\');
    out += escaped.substr(0, slash);
    if (slash == std::string_view::npos) return;
    escaped.remove_prefix(slash + 1);
    if (escaped.empty()) return;
    const std::size_t letter = kLetters.find(escaped.front());
    if (letter != std::string_view::npos) {
      out += kMeant[letter];
      escaped.remove_prefix(1);
      continue;
    }
    const std::size_t read = escaped.front() == 'u' ? AppendCodePoint(escaped, 1, out) : 0;
    if (read == 0) out += '\\';
    escaped.remove_prefix(read == 0 ? 0 : read + 1);
    if (read == 0) {
      out += escaped.front();
      escaped.remove_prefix(1);
    }
  }
}

std::string EscapedText(std::string_view json) {
  std::string quoted;
  AppendJsonString(quoted, json);
  return quoted.substr(1, quoted.size() - 2);
}

void AppendAsText(const ToolArguments& arguments, std::string& out) {
  if (arguments.escaped) {
    StrAppend(out, '"', arguments.text, '"');
  } else {
    AppendJsonString(out, arguments.text);
  }
}

void AppendAsObject(const ToolArguments& arguments, std::string& out) {
  if (!arguments.escaped) {
    if (StripSpace(arguments.text).starts_with('{')) {
      out += arguments.text;
      return;
    }
    out += R"({"_raw":)";
    AppendJsonString(out, arguments.text);
    out += '}';
    return;
  }
  std::string plain;
  AppendUnescaped(arguments.text, plain);
  if (StripSpace(plain).empty()) {
    out += "{}";
  } else if (IsJsonObject(plain)) {
    out += plain;
  } else {
    StrAppend(out, R"({"_raw":")", arguments.text, "\"}");
  }
}

void JsonBalance::Feed(std::string_view escaped) {
  plain_.clear();
  AppendUnescaped(escaped, plain_);
  for (const char c : plain_) {
    if (in_string_) {
      in_string_ = after_slash_ || c != '"';
      after_slash_ = !after_slash_ && c == '\\';
      continue;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') {
      ++depth_;
      begun_ = true;
    }
    if (c == '}' || c == ']') --depth_;
  }
}

}  // namespace weir::relay
