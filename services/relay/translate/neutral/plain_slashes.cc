#include "services/relay/translate/neutral/plain_slashes.h"

#include <cstddef>
#include <string>
#include <utility>

namespace weir::relay {

std::string_view PlainSlashes(std::string_view escaped, ChatRequest& request) {
  if (escaped.find("\\/") == std::string_view::npos) return escaped;
  std::string plain;
  plain.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const bool escape = escaped[i] == '\\' && i + 1 < escaped.size();
    // What follows a backslash is a part of it: "\\\\/" is no escaped slash.
    if (escape && escaped[i + 1] != '/') plain += escaped[i];
    if (escape) ++i;
    plain += escaped[i];
  }
  return request.Keep(std::move(plain));
}

}  // namespace weir::relay
