#include "libs/common/backoff.h"

#include <algorithm>

#include "absl/random/random.h"

namespace weir {

Backoff::Backoff(std::int64_t initial_ms, std::int64_t max_ms)
    : initial_ms_(std::max<std::int64_t>(initial_ms, 1)),
      max_ms_(std::max(max_ms, initial_ms_)),
      step_ms_(initial_ms_) {}

std::int64_t Backoff::NextDelayMs() {
  thread_local absl::BitGen random;
  const std::int64_t delay = absl::Uniform(absl::IntervalClosed, random, step_ms_ / 2, step_ms_);
  step_ms_ = step_ms_ > max_ms_ / 2 ? max_ms_ : step_ms_ * 2;
  return delay;
}

void Backoff::Reset() { step_ms_ = initial_ms_; }

}  // namespace weir
