// Time as the services see it: Unix milliseconds for what is stored or sent, replaceable in tests.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

inline constexpr std::int64_t kNsPerUs = 1'000;
inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kMsPerSecond = 1'000;

// Milliseconds since 1970-01-01 UTC.
std::int64_t UnixMs();

// Nanoseconds of a clock that never goes back, for lengths of time only.
std::int64_t SteadyNs();

// Passed to logic that decides by time, so that a test can decide the time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t NowUnixMs() const = 0;
};

// The machine's clock; lives as long as the process.
const Clock& SystemClock();

// Stands still until told otherwise.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t unix_ms = 1'700'000'000'000) : unix_ms_(unix_ms) {}
  std::int64_t NowUnixMs() const override { return unix_ms_.load(); }
  void SetUnixMs(std::int64_t unix_ms) { unix_ms_.store(unix_ms); }
  void AdvanceMs(std::int64_t ms) { unix_ms_.fetch_add(ms); }

 private:
  std::atomic<std::int64_t> unix_ms_;
};

}  // namespace weir
