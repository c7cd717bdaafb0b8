// How many of something there were in the last minute. Pure arithmetic; one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::usage {

class MinuteCount {
 public:
  // Times are whole seconds of any steady clock, not negative, and never go back.
  void Add(std::int64_t second, std::int64_t count) {
    Slot& slot = slots_[static_cast<std::size_t>(second % kSeconds)];
    if (slot.second != second) slot = {second, 0};
    slot.count += count;
  }

  // Of the sixty seconds that end with this one.
  std::int64_t Sum(std::int64_t second) const {
    std::int64_t sum = 0;
    for (const Slot& slot : slots_) {
      if (slot.second > second - kSeconds && slot.second <= second) sum += slot.count;
    }
    return sum;
  }

 private:
  static constexpr std::int64_t kSeconds = 60;
  struct Slot {
    std::int64_t second = -kSeconds;
    std::int64_t count = 0;
  };
  std::array<Slot, kSeconds> slots_;
};

}  // namespace weir::usage
