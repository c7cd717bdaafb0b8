// When a request may come again: the first moment at which one of those that cannot serve it now
// can, over all models of its plan. No I/O.
#pragma once

#include <algorithm>
#include <cstdint>

#include "libs/common/clock.h"

namespace weir::relay {

class FreeAgain {
 public:
  void Note(std::int64_t in_ms) {
    in_ms = std::max<std::int64_t>(in_ms, 1);
    in_ms_ = in_ms_ == 0 ? in_ms : std::min(in_ms_, in_ms);
  }
  std::int64_t in_ms() const { return in_ms_; }  // 0 = there is none
  std::int64_t in_s() const { return (in_ms_ + kMsPerSecond - 1) / kMsPerSecond; }

 private:
  std::int64_t in_ms_ = 0;
};

}  // namespace weir::relay
