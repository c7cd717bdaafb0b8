// Counts of local replies and failed attempts by their word; off the hot path, so behind a lock.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "libs/common/metrics.h"

namespace weir::relay {

// Thread-safe. `metrics` must outlive it.
class ReasonCounters {
 public:
  explicit ReasonCounters(Metrics& metrics) : metrics_(metrics) {}

  void CountLocalReply(std::string_view reason) {
    Count("weir_relay_local_replies_total", "Answers made by the relay itself, by reason.", reason,
          {});
  }
  // `signal`: its row in accounts/upstream_signal.
  void CountFailedAttempt(std::string_view reason, std::string_view signal) {
    Count("weir_relay_failed_attempts_total", "Upstream attempts that failed, by what was seen.",
          reason, signal);
  }

 private:
  void Count(std::string_view name, std::string_view help, std::string_view reason,
             std::string_view signal);

  Metrics& metrics_;
  std::mutex mutex_;
  std::map<std::array<std::string, 3>, prometheus::Counter*> counters_;  // by mutex_
};

}  // namespace weir::relay
