#include "services/relay/dialects/sse.h"

#include <cstring>

namespace weir::relay {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kNone = std::string_view::npos;

struct Line {
  std::string_view text;      // without its end
  std::size_t bytes = kNone;  // with its end; kNone = not whole yet
};

Line FirstLine(std::string_view bytes) {
  const auto* newline = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
  std::size_t end =
      newline == nullptr ? bytes.size() : static_cast<std::size_t>(newline - bytes.data());
  // A lone \r before the \n ends a line of its own.
  const auto* carriage = static_cast<const char*>(std::memchr(bytes.data(), '\r', end));
  if (carriage != nullptr) {
    end = static_cast<std::size_t>(carriage - bytes.data());
    if (end + 1 == bytes.size()) return {};
    const std::size_t length = bytes[end + 1] == '\n' ? 2 : 1;
    return {bytes.substr(0, end), end + length};
  }
  if (newline == nullptr) return {};
  return {bytes.substr(0, end), end + 1};
}

// Empty when there is no colon: the line is the field's name alone.
std::string_view FieldValue(std::string_view line, std::size_t colon) {
  if (colon >= line.size()) return {};
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

}  // namespace

std::string_view AfterByteOrderMark(std::string_view bytes) {
  return bytes.starts_with(kByteOrderMark) ? bytes.substr(kByteOrderMark.size()) : bytes;
}

bool NextSseEvent(std::string_view& bytes, SseEvent& event, std::string& joined) {
  event = {};
  std::size_t data_lines = 0;
  std::size_t at = bytes.size() - AfterByteOrderMark(bytes).size();
  for (;;) {
    if (at >= bytes.size()) return false;
    const Line line = FirstLine(bytes.substr(at));
    if (line.bytes == kNone) return false;
    at += line.bytes;
    if (line.text.empty()) break;
    if (line.text == "data" || line.text.starts_with("data:")) {
      const std::string_view value = FieldValue(line.text, 4);
      ++data_lines;
      if (data_lines == 1) {
        event.data = value;
        continue;
      }
      if (data_lines == 2) joined.assign(event.data);
      joined.push_back('\n');
      joined.append(value);
      event.data = joined;
    } else if (line.text.starts_with("event:")) {
      event.name = FieldValue(line.text, 5);
    }
  }
  event.raw = bytes.substr(0, at);
  bytes.remove_prefix(at);
  return true;
}

}  // namespace weir::relay
