#include "services/relay/bodies/body_text.h"

#include <array>
#include <utility>

#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir::relay {
namespace {

constexpr std::array<std::string_view, 5> kBinaryTypes = {
    "image/", "audio/", "video/", "application/octet-stream", "application/zip"};

bool IsBinaryType(std::string_view lower_type) {
  for (const std::string_view type : kBinaryTypes) {
    if (lower_type.starts_with(type)) return true;
  }
  return false;
}

bool IsText(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && IsValidUtf8(bytes);
}

// Of `multipart/form-data; boundary="x"`.
std::string BoundaryOf(std::string_view content_type) {
  constexpr std::string_view kName = "boundary=";
  const std::string lower = ToLower(content_type);
  const std::size_t found = lower.find(kName);
  if (found == std::string::npos) return {};
  std::string_view value = content_type.substr(found + kName.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return std::string(value.substr(0, value.find('"')));
  }
  return std::string(StripSpace(value.substr(0, value.find(';'))));
}

// One part: its head as it was, and its content when that is text without a file's name.
void AppendPart(std::string_view part, bool cut, std::string& out) {
  constexpr std::string_view kEmptyLine = "\r\n\r\n";
  const std::size_t head_end = part.find(kEmptyLine);
  if (head_end == std::string_view::npos) {
    StrAppend(out, "[", part.size(), " bytes left out]\r\n");
    return;
  }
  const std::string_view head = part.substr(0, head_end + kEmptyLine.size());
  const std::string_view content = part.substr(head.size());
  const std::string lower = ToLower(head);
  const bool is_file = lower.find("filename") != std::string::npos;
  out += ValidUtf8(head);
  const std::string_view kept = cut ? WithoutHalfCharacter(content) : content;
  if (!is_file && IsText(kept)) {
    StrAppend(out, kept, "\r\n");
  } else {
    StrAppend(out, "[", cut ? "more than " : "", content.size(), " bytes left out]\r\n");
  }
}

std::string FormText(std::string_view content_type, std::string_view head) {
  std::string text;
  const std::string boundary = BoundaryOf(content_type);
  if (boundary.empty()) return text;
  const std::string delimiter = StrCat("--", boundary);
  std::size_t at = head.find(delimiter);
  while (at != std::string_view::npos) {
    std::size_t begin = at + delimiter.size();
    text += ValidUtf8(delimiter);
    if (head.substr(begin).starts_with("--")) return text + "--\r\n";
    if (head.substr(begin).starts_with("\r\n")) begin += 2;
    text += "\r\n";
    const std::size_t next = head.find(StrCat("\r\n", delimiter), begin);
    const bool cut = next == std::string_view::npos;
    AppendPart(head.substr(begin, cut ? next : next - begin), cut, text);
    at = cut ? next : next + 2;
  }
  return text;
}

}  // namespace

BodyText ReadBodyText(std::string_view content_type, std::string head, bool all) {
  BodyText body;
  const std::string type = ToLower(content_type);
  if (type.starts_with("text/event-stream")) body.shape = BodyShape::kEvents;
  if (type.starts_with("multipart/")) {
    body.text = FormText(content_type, head);
    body.binary = body.text.empty() && !head.empty();
    return body;
  }
  body.text = std::move(head);
  if (!all) body.text.resize(WithoutHalfCharacter(body.text).size());
  body.binary = IsBinaryType(type) || !IsText(body.text);
  if (body.binary) body.text.clear();
  return body;
}

}  // namespace weir::relay
