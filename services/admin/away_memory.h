// Whether it is worth waiting for a service that did not answer a moment ago.
#pragma once

#include <atomic>
#include <cstdint>

#include "libs/common/clock.h"

namespace weir::admin {

// Thread-safe.
class AwayMemory {
 public:
  // For so long after a silence nobody waits for it again; then one does, and the others do not
  // until that one knows.
  static constexpr std::int64_t kRememberedMs = 3'000;

  // `clock` must outlive it.
  explicit AwayMemory(const Clock& clock) : clock_(clock) {}

  // False: it was silent a moment ago.
  bool MayAsk() {
    std::int64_t ask_again = ask_again_unix_ms_.load();
    const std::int64_t now_ms = clock_.NowUnixMs();
    if (ask_again == 0) return true;
    // A clock that was set back must not keep it away for longer than it was silent.
    const bool silent = now_ms < ask_again && ask_again - now_ms <= kRememberedMs;
    return !silent && ask_again_unix_ms_.compare_exchange_strong(ask_again, now_ms + kRememberedMs);
  }
  void Answered() { ask_again_unix_ms_.store(0); }
  void WasSilent() { ask_again_unix_ms_.store(clock_.NowUnixMs() + kRememberedMs); }

 private:
  const Clock& clock_;
  std::atomic<std::int64_t> ask_again_unix_ms_ = 0;  // 0: it answers
};

}  // namespace weir::admin
