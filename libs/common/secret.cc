#include "libs/common/secret.h"

#include <sodium.h>

#include <string_view>

namespace weir {

void Secret::Wipe() {
  // All that the string holds, since a short text that was moved from stays in its own buffer.
  value_.resize(value_.capacity());
  if (!value_.empty()) sodium_memzero(value_.data(), value_.size());
  value_.clear();
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weir
