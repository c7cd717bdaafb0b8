// How many retries a loop may send upstream: a share of its requests and a floor, so that a dying
// upstream is not stormed by the failures it causes. No I/O; one per loop, not thread-safe.
#pragma once

#include <cstdint>

namespace weir::relay {

// A bucket of thousandths of a retry. Each request puts in `percent` hundredths, time puts in
// `floor_per_s` a second; it holds at most ten seconds of the floor plus kRequestsHeld requests'
// share, and begins with the floor's part.
class RetryBudget {
 public:
  RetryBudget(std::int64_t percent, std::int64_t floor_per_s, std::int64_t now_ms);

  void NoteRequest();
  // False: too many failures already; the request must do with what it has.
  bool Take(std::int64_t now_ms);
  // What was taken was not used after all.
  void GiveBack();

 private:
  static constexpr std::int64_t kRequestsHeld = 1'000;

  const std::int64_t per_request_milli_;
  const std::int64_t per_ms_milli_;  // floor_per_s retries a second are as many thousandths a ms
  const std::int64_t floor_most_milli_;
  const std::int64_t share_most_milli_;
  std::int64_t floor_milli_;
  std::int64_t share_milli_ = 0;
  std::int64_t filled_at_ms_;
};

}  // namespace weir::relay
