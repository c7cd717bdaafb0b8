#include "libs/common/cron.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr char kFormat[] = "%Y-%m-%d %H:%M%Ez";

std::int64_t At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(kFormat, text, &time, &error)) << error;
  return absl::ToUnixMillis(time);
}

// The next moments, in UTC.
std::vector<std::string> Next(const std::string& text, const std::string& after, int count = 1,
                              const std::string& zone = "UTC") {
  std::vector<std::string> moments;
  const auto schedule = CronSchedule::Parse(text, zone);
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  std::int64_t at_ms = At(after + "+00:00");
  for (int i = 0; schedule.ok() && i < count; ++i) {
    at_ms = schedule->NextAfter(at_ms);
    moments.push_back(
        absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixMillis(at_ms), absl::UTCTimeZone()));
  }
  return moments;
}

std::string ErrorOf(const std::string& text, const std::string& zone = "UTC") {
  const auto schedule = CronSchedule::Parse(text, zone);
  if (schedule.ok()) return "no error";
  EXPECT_TRUE(absl::IsInvalidArgument(schedule.status()));
  return std::string(schedule.status().message());
}

using Moments = std::vector<std::string>;

TEST(CronTest, FieldsOfAllForms) {
  const std::string thursday = "2026-01-01 00:00";
  EXPECT_EQ(Next("17 3 * * *", thursday, 2), (Moments{"2026-01-01 03:17", "2026-01-02 03:17"}));
  EXPECT_EQ(Next("*/20 * * * *", thursday, 3),
            (Moments{"2026-01-01 00:20", "2026-01-01 00:40", "2026-01-01 01:00"}));
  EXPECT_EQ(Next("50/5 7 * * *", thursday, 3),
            (Moments{"2026-01-01 07:50", "2026-01-01 07:55", "2026-01-02 07:50"}));
  EXPECT_EQ(
      Next("0 8-12/2,20 * * *", thursday, 4),
      (Moments{"2026-01-01 08:00", "2026-01-01 10:00", "2026-01-01 12:00", "2026-01-01 20:00"}));
  EXPECT_EQ(Next("0 0 1 JAN,jul *", thursday, 2),
            (Moments{"2026-07-01 00:00", "2027-01-01 00:00"}));
  EXPECT_EQ(Next("30 6 * * mon-fri", "2026-01-02 07:00"), Moments{"2026-01-05 06:30"});
  EXPECT_EQ(Next("0 0 * * 7", thursday), Next("0 0 * * sun", thursday));
  EXPECT_EQ(Next("0 0 * * 0", thursday), Moments{"2026-01-04 00:00"});
  EXPECT_EQ(Next(" 5\t4  * * * ", thursday), Moments{"2026-01-01 04:05"});
}

TEST(CronTest, EitherDayIsEnoughWhenBothAreGiven) {
  EXPECT_EQ(
      Next("0 0 13 * fri", "2026-01-01 00:00", 4),
      (Moments{"2026-01-02 00:00", "2026-01-09 00:00", "2026-01-13 00:00", "2026-01-16 00:00"}));
}

TEST(CronTest, RareDays) {
  EXPECT_EQ(Next("0 0 29 2 *", "2026-01-01 00:00", 2),
            (Moments{"2028-02-29 00:00", "2032-02-29 00:00"}));
  EXPECT_EQ(Next("0 0 29 2 *", "2096-03-01 00:00"), Moments{"2104-02-29 00:00"});
  EXPECT_EQ(Next("59 23 31 12 *", "2026-12-31 23:59"), Moments{"2027-12-31 23:59"});
  EXPECT_EQ(Next("* * 31 12 *", "2026-01-05 10:10"), Moments{"2026-12-31 00:00"});
}

// 2026-01-04 is a Sunday.
TEST(CronTest, WhenBothDaysLeaveSomeOutEitherIsEnough) {
  EXPECT_EQ(Next("0 0 */10 * sun", "2026-01-01 00:00", 3),
            (Moments{"2026-01-04 00:00", "2026-01-11 00:00", "2026-01-18 00:00"}));
  EXPECT_EQ(Next("0 0 */2 * fri", "2026-01-01 00:00", 2),
            (Moments{"2026-01-02 00:00", "2026-01-03 00:00"}));
  EXPECT_EQ(Next("0 0 5 * */6", "2026-01-01 00:00", 3),
            (Moments{"2026-01-03 00:00", "2026-01-04 00:00", "2026-01-05 00:00"}));
  EXPECT_EQ(Next("0 0 */1 * sun", "2026-01-01 00:00"), Moments{"2026-01-04 00:00"});
  EXPECT_EQ(Next("0 0 1-31 * 0", "2026-01-01 00:00"), Moments{"2026-01-04 00:00"});
}

// Both at once may be 40 years apart, which no schedule can be; either is never more than 8 years.
TEST(CronTest, ThereIsAlwaysANextMoment) {
  EXPECT_EQ(Next("0 0 29/2 2 */6", "2097-02-28 12:00"), Moments{"2098-02-01 00:00"});
  EXPECT_EQ(Next("* * 29 2 *", "2096-03-01 00:00"), Moments{"2104-02-29 00:00"});
}

TEST(CronTest, Shorthands) {
  EXPECT_EQ(Next("@hourly", "2026-01-01 00:00"), Moments{"2026-01-01 01:00"});
  EXPECT_EQ(Next("@daily", "2026-01-01 00:00"), Moments{"2026-01-02 00:00"});
  EXPECT_EQ(Next("@weekly", "2026-01-01 00:00"), Moments{"2026-01-04 00:00"});
  EXPECT_EQ(Next("@monthly", "2026-01-01 00:00"), Moments{"2026-02-01 00:00"});
  EXPECT_EQ(Next("@yearly", "2026-01-01 00:00"), Moments{"2027-01-01 00:00"});
}

TEST(CronTest, TheNextMomentIsAfterNow) {
  const auto every_minute = CronSchedule::Parse("* * * * *");
  ASSERT_TRUE(every_minute.ok());
  EXPECT_EQ(every_minute->NextAfter(0), 60'000);
  EXPECT_EQ(every_minute->NextAfter(59'999), 60'000);
  EXPECT_EQ(every_minute->NextAfter(60'000), 120'000);
}

// Berlin: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00.
TEST(CronTest, ClocksThatChange) {
  const std::string berlin = "Europe/Berlin";
  EXPECT_EQ(Next("30 2 * * *", "2026-03-27 12:00", 3, berlin),
            (Moments{"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"}))
      << "half past two is left out: due when the clock jumps to three";
  EXPECT_EQ(Next("30 2 * * *", "2026-10-24 12:00", 2, berlin),
            (Moments{"2026-10-25 00:30", "2026-10-26 01:30"}))
      << "half past two comes twice: due once";
  EXPECT_EQ(Next("30 * * * *", "2026-10-24 23:40", 3, berlin),
            (Moments{"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"}))
      << "every hour stays every hour";
  EXPECT_EQ(Next("0 9 * * *", "2026-07-01 00:00", 1, "Asia/Kolkata"), Moments{"2026-07-01 03:30"});
}

TEST(CronTest, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf("* * * *"),
            "a schedule has 5 fields (minute, hour, day of month, month, day of week), not 4");
  EXPECT_EQ(ErrorOf("60 * * * *"), "minute: \"60\" is not within 0 and 59");
  EXPECT_EQ(ErrorOf("* x * * *"), "hour: \"x\" is no number");
  EXPECT_EQ(ErrorOf("* * 0 * *"), "day of month: \"0\" is not within 1 and 31");
  EXPECT_EQ(ErrorOf("* * * foo *"), "month: \"foo\" is no number and no name");
  EXPECT_EQ(ErrorOf("* * * * 5-2"), "day of week: \"5-2\" ends before it begins");
  EXPECT_EQ(ErrorOf("*/0 * * * *"), "minute: \"*/0\" needs a step of 1 to 59 after the /");
  EXPECT_EQ(ErrorOf("1,,2 * * * *"), "minute: \"1,,2\" has an empty part");
  EXPECT_EQ(ErrorOf("0 0 30 2 *"), "no month has such a day");
  EXPECT_EQ(ErrorOf(""), ErrorOf("   "));
  EXPECT_EQ(ErrorOf("@often"),
            "a schedule has 5 fields (minute, hour, day of month, month, day of week), not 1");
  EXPECT_EQ(ErrorOf("* * * * *", "Mars/Olympus"),
            "\"Mars/Olympus\" is not a time zone that this system knows");
  EXPECT_EQ(ErrorOf("* * * * *", ""), "\"\" is not a time zone that this system knows");
  EXPECT_EQ(ErrorOf("-1 * * * *"), "minute: \"\" is no number");
  EXPECT_EQ(ErrorOf("99999999999999999999 * * * *"),
            "minute: \"99999999999999999999\" is no number");
}

}  // namespace
}  // namespace weir
