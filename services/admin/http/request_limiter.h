// How many requests a minute one address may send: what a runaway script, or somebody who tries
// tokens, can cost.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "libs/common/clock.h"

namespace weir::admin {

// Thread-safe, in memory, bounded. A full minute's requests may come at once; from then on they
// come back one by one, evenly.
class RequestLimiter {
 public:
  // 0 = no limit. `clock` must outlive this.
  RequestLimiter(std::int64_t requests_per_minute, const Clock& clock)
      : per_minute_(requests_per_minute), clock_(clock) {}

  // 0 when the request may go on, else the whole seconds after which the next one may.
  std::int64_t WaitSeconds(std::string_view address);

 private:
  void Forget(std::int64_t now_us);

  const std::int64_t per_minute_;
  const Clock& clock_;
  std::mutex mutex_;
  // When the address has all of its requests again, in microseconds.
  std::map<std::string, std::int64_t, std::less<>> whole_at_us_;
};

}  // namespace weir::admin
