// Days and months in UTC, as spans of Unix milliseconds.
#pragma once

#include <cstdint>

namespace weir {

inline constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1000;

// From its first moment to that of the next one.
struct TimeSpan {
  std::int64_t begin_unix_ms = 0;
  std::int64_t end_unix_ms = 0;

  bool Holds(std::int64_t unix_ms) const {
    return begin_unix_ms <= unix_ms && unix_ms < end_unix_ms;
  }
};

// The UTC day and month that hold `unix_ms`, which must not be negative.
TimeSpan DayOf(std::int64_t unix_ms);
TimeSpan MonthOf(std::int64_t unix_ms);

}  // namespace weir
