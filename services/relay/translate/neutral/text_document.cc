#include "services/relay/translate/neutral/text_document.h"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/translate/neutral/base64.h"

namespace weir::relay {
namespace {

// Of a string that is escaped as JSON has it: what base64 may hold of that are slashes and ends of
// lines. Other escapes leave something that is not base64.
std::string Unescaped(std::string_view data) {
  std::string out;
  out.reserve(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool escape = data[i] == '\\' && i + 1 < data.size();
    if (!escape) {
      out += data[i];
      continue;
    }
    const char next = data[++i];
    if (next == 'n' || next == 'r') continue;
    if (next != '/') out += '\\';
    out += next;
  }
  return out;
}

}  // namespace

bool IsTextFile(const Part& part) {
  return part.kind == PartKind::kDocument && !part.base64.empty() &&
         part.media_type.starts_with("text/");
}

absl::Status BecomeText(Part& part, ChatRequest& request) {
  const std::optional<std::string> text = FromBase64(Unescaped(part.base64));
  if (!text.has_value() || !simdjson::validate_utf8(*text)) {
    return absl::InvalidArgumentError(
        StrCat("'", part.place, "' holds a text that is not UTF-8 in base64"));
  }
  std::string quoted;
  AppendJsonString(quoted, *text);
  part.text = request.Keep(quoted.substr(1, quoted.size() - 2));
  part.base64 = {};
  part.media_type = {};
  return absl::OkStatus();
}

}  // namespace weir::relay
