#include "services/relay/translate/gemini/spelling.h"

#include <cstddef>

namespace weir::relay::gemini {

bool IsNamed(std::string_view name, std::string_view camel) {
  if (name == camel) return true;
  std::size_t at = 0;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      if (name.substr(at, 1) != "_") return false;
      ++at;
    }
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (at >= name.size() || name[at] != lower) return false;
    ++at;
  }
  return at == name.size();
}

}  // namespace weir::relay::gemini
