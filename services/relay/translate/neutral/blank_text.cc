#include "services/relay/translate/neutral/blank_text.h"

#include <algorithm>
#include <cstddef>

namespace weir::relay {
namespace {

constexpr std::string_view kBlanks[] = {
    " ",         R"(\n)",     R"(\r)",     R"(\t)",    R"(\f)",     R"(\u000b)",   R"(\u000B)",
    R"(\u0020)", R"(\u00a0)", R"(\u00A0)", "\xC2\xA0", R"(\u3000)", "\xE3\x80\x80"};

// Bytes of the white space that `text` begins with; 0 = it begins with something else.
std::size_t BlankBytes(std::string_view text) {
  const bool perhaps =
      text.front() == ' ' || text.front() == '\\' || static_cast<unsigned char>(text.front()) > 127;
  if (!perhaps) return 0;
  for (const std::string_view blank : kBlanks) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

}  // namespace

bool IsBlank(std::string_view escaped) {
  while (!escaped.empty()) {
    const std::size_t blank = BlankBytes(escaped);
    if (blank == 0) return false;
    escaped.remove_prefix(blank);
  }
  return true;
}

// From its beginning, since an escape is not to be known from behind.
std::string_view WithoutBlankEnd(std::string_view escaped) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < escaped.size();) {
    const std::size_t blank = BlankBytes(escaped.substr(at));
    if (blank > 0) {
      at += blank;
      continue;
    }
    at = std::min(at + (escaped[at] == '\\' ? 2 : 1), escaped.size());
    end = at;
  }
  return escaped.substr(0, end);
}

}  // namespace weir::relay
