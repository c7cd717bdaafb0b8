#include "libs/common/utc_window.h"

#include <chrono>

namespace weir {

TimeSpan DayOf(std::int64_t unix_ms) {
  const std::int64_t begin_unix_ms = unix_ms - unix_ms % kDayMs;
  return {begin_unix_ms, begin_unix_ms + kDayMs};
}

TimeSpan MonthOf(std::int64_t unix_ms) {
  using std::chrono::floor;
  using std::chrono::milliseconds;
  using std::chrono::sys_days;
  using std::chrono::sys_time;
  const std::chrono::year_month_day day{
      floor<std::chrono::days>(sys_time<milliseconds>(milliseconds(unix_ms)))};
  const std::chrono::year_month_day first = day.year() / day.month() / 1;
  const auto to_unix_ms = [](sys_days moment) {
    return std::chrono::duration_cast<milliseconds>(moment.time_since_epoch()).count();
  };
  return {.begin_unix_ms = to_unix_ms(sys_days(first)),
          .end_unix_ms = to_unix_ms(sys_days(first + std::chrono::months(1)))};
}

}  // namespace weir
