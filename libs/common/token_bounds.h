// How many tokens an answer may have: the one rule for the request's body and for what is reserved
// for it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir {

// Tokens; 0 = not set.
struct TokenBounds {
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::int64_t standard = 0;  // for requests that name none; not set: the most

  // What `asked` becomes; below 0 = the request names none, or nobody does. One that asks for 0 (a
  // warm-up) stays.
  std::int64_t Applied(std::int64_t asked) const {
    if (asked == 0) return 0;
    if (asked < 0) return standard > 0 ? standard : (max > 0 ? max : -1);
    const std::int64_t enough = std::max(asked, min);
    return max > 0 ? std::min(enough, max) : enough;
  }
};

}  // namespace weir
