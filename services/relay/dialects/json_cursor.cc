#include "services/relay/dialects/json_cursor.h"

#include <algorithm>

#include "libs/common/byte_search.h"

namespace weir::relay {
namespace {

// Where the quote stands that ends the string at `at`; text.size() when there is none.
std::size_t EndOfString(std::string_view text, std::size_t at) {
  std::size_t end = FindEither(text, at, '"', '\\');
  while (end < text.size() && text[end] == '\\') {
    end = FindEither(text, std::min(end + 2, text.size()), '"', '\\');
  }
  return end;
}

}  // namespace

std::string_view JsonCursor::String() {
  if (!Skip('"')) return {};
  const std::size_t begin = at_;
  const std::size_t end = EndOfString(json_, begin);
  if (end >= json_.size()) return End();
  at_ = end + 1;
  return json_.substr(begin, end - begin);
}

std::string_view JsonCursor::StringStart(std::size_t bytes_max) {
  if (!Skip('"')) return {};
  const std::string_view start = json_.substr(at_, bytes_max);
  End();
  return start.substr(0, EndOfString(start, 0));
}

void JsonCursor::SkipValue() {
  std::ptrdiff_t depth = 0;
  do {
    const char c = Peek();
    if (c == '"') {
      String();
    } else if (c == '{' || c == '[') {
      ++at_;
      ++depth;
    } else if (c == '}' || c == ']') {
      ++at_;
      --depth;
    } else if (c == ',' || c == ':') {
      ++at_;
    } else if (c == '\0') {
      End();
      return;
    } else {
      at_ = std::min(json_.find_first_of(",:]} \t\r\n", at_), json_.size());
    }
  } while (depth > 0);
}

std::string_view JsonCursor::RawValue() {
  Peek();
  const std::size_t begin = at_;
  SkipValue();
  return json_.substr(begin, at_ - begin);
}

std::string_view JsonCursor::End() {
  at_ = json_.size();
  return {};
}

std::string_view MemberValue(std::string_view json, std::string_view name) {
  JsonCursor cursor(json);
  if (!cursor.Skip('{')) return {};
  while (cursor.Peek() == '"') {
    const std::string_view key = cursor.String();
    if (!cursor.Skip(':')) return {};
    if (key == name) return cursor.RawValue();
    cursor.SkipValue();
    if (!cursor.Skip(',')) return {};
  }
  return {};
}

std::string_view TextInside(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return {};
  return value.substr(1, value.size() - 2);
}

}  // namespace weir::relay
