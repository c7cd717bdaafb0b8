// What was counted against an account's own limits in the last minute.
#pragma once

#include <cstdint>

namespace weir::relay {

// 0 where there is no such limit, too: nothing is counted then.
struct MinuteUse {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;  // with what is set aside for requests that run

  bool operator==(const MinuteUse&) const = default;
};

}  // namespace weir::relay
