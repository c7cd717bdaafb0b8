// When something is due: the five fields of cron, in a time zone.
//
//   minute (0-59)  hour (0-23)  day of month (1-31)  month (1-12, jan-dec)
//   day of week (0-7 or sun-sat; 0 and 7 are Sunday)
//
// A field is *, a number or name, a range a-b, a step */n, a-b/n or a/n (from a on), or several of
// these with commas. When both days are restricted (leave out some day: * and */1 do not, */2
// does), either is enough. Also
// @hourly, @daily, @weekly, @monthly, @yearly.
//
// When clocks go forward, what was due within the hour that is left out is due at its end. When
// they go back, what has fixed hours is due once, what is due every hour goes on being so.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

class CronSchedule {
 public:
  // `time_zone`: "UTC", or a name of the system's time zone database such as "Europe/Berlin".
  // InvalidArgument says which field is wrong and how; also when no day ever fits (30 February).
  static absl::StatusOr<CronSchedule> Parse(std::string_view text,
                                            std::string_view time_zone = "UTC");

  // The first moment after `unix_ms` at which it is due, in Unix ms; a whole minute. There is
  // always one: of the dates that Parse takes, 29 February is the rarest, at most 8 years away.
  std::int64_t NextAfter(std::int64_t unix_ms) const;

 private:
  CronSchedule() = default;

  bool FitsDay(int month, int day, int weekday) const;
  std::int64_t NextOfFixedHours(std::int64_t unix_ms) const;
  std::int64_t NextOfEveryHour(std::int64_t unix_ms) const;

  std::string time_zone_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;  // 0 = Sunday
  bool any_day_ = false;     // the field leaves none out
  bool any_weekday_ = false;
};

}  // namespace weir
