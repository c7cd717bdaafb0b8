// Since when nothing has been wrong, of looks that follow each other.
#pragma once

#include <cstdint>
#include <mutex>

namespace weir::admin {

struct WellState {
  std::int64_t watching_since_ms = 0;  // 0 = nobody has looked yet
  std::int64_t well_since_ms = 0;      // 0 = something is wrong
};

// In memory: what was before it began, or while nobody looked, nobody knows. Thread-safe.
class WellMemory {
 public:
  // Looks that are further apart, or a clock that was set back, begin anew.
  static constexpr std::int64_t kGapMsMax = 60'000;

  void Note(bool well, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const bool goes_on = state_.watching_since_ms != 0 && now_ms >= looked_at_ms_ &&
                         now_ms - looked_at_ms_ <= kGapMsMax;
    if (!goes_on) state_ = {.watching_since_ms = now_ms, .well_since_ms = 0};
    if (!well) state_.well_since_ms = 0;
    if (well && state_.well_since_ms == 0) state_.well_since_ms = now_ms;
    looked_at_ms_ = now_ms;
  }

  WellState Read() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  mutable std::mutex mutex_;
  WellState state_;
  std::int64_t looked_at_ms_ = 0;
};

}  // namespace weir::admin
