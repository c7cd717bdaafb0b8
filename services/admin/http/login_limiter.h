// Slows down guessing: failures are counted for each address and name together, and for the address
// alone.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "libs/common/clock.h"

namespace weir::admin {

// Thread-safe, in memory, bounded.
class LoginLimiter {
 public:
  static constexpr int kFailuresPerName = 5;
  static constexpr int kFailuresPerAddress = 30;
  static constexpr std::int64_t kWindowMs = 5LL * 60 * 1000;

  struct Policy {
    int failures_max = kFailuresPerName;  // with one name from one address
    std::int64_t lock_ms = kWindowMs;     // from the first failure on
  };

  explicit LoginLimiter(const Clock& clock) : clock_(clock) {}

  // From now on; windows that have begun end as they would have.
  void Follow(const Policy& policy);

  // ResourceExhausted after too many failures; says when to try again.
  absl::Status Check(std::string_view address, std::string_view name);
  void Failed(std::string_view address, std::string_view name);
  // A log-in forgets the failures of this address and name.
  void Succeeded(std::string_view address, std::string_view name);

 private:
  struct Failures {
    int count = 0;
    std::int64_t until_ms = 0;  // when the window ends
  };
  absl::Status CheckOne(const std::string& key, int max, std::int64_t now_ms);
  void Count(const std::string& key, std::int64_t now_ms);

  const Clock& clock_;
  std::mutex mutex_;
  Policy policy_;
  std::map<std::string, Failures> failures_;
};

}  // namespace weir::admin
