// Waiting longer after each failure, with jitter so that many do not come back at once.
#pragma once

#include <cstdint>

namespace weir {

// Delays grow by two from `initial_ms` to `max_ms`; each is drawn from the upper half of its step.
// Not thread-safe.
class Backoff {
 public:
  Backoff(std::int64_t initial_ms, std::int64_t max_ms);

  std::int64_t NextDelayMs();
  // After a success: start small again.
  void Reset();

 private:
  std::int64_t initial_ms_;
  std::int64_t max_ms_;
  std::int64_t step_ms_;
};

}  // namespace weir
