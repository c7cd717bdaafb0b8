#include "libs/common/cron.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "libs/common/clock.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::int64_t kMinuteMs = 60 * kMsPerSecond;
// 29 February, at a turn of a century that is no leap year, is the rarest day.
constexpr int kYearsMax = 9;

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Names {
  const std::string_view* first = nullptr;
  int count = 0;
  int value_of_first = 0;
};

struct Field {
  std::string_view name;
  int min;
  int max;
  Names names = {};
};

constexpr Field kFields[] = {
    {"minute", 0, 59},
    {"hour", 0, 23},
    {"day of month", 1, 31},
    {"month", 1, 12, {kMonths, 12, 1}},
    {"day of week", 0, 7, {kWeekdays, 7, 0}},
};

constexpr struct {
  std::string_view name;
  std::string_view text;
} kShorthands[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

absl::Status FieldError(const Field& field, std::string_view part, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(field.name, ": \"", part, "\" ", what));
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::string_view word : Split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

absl::StatusOr<int> ReadNumber(const Field& field, std::string_view text) {
  int number = 0;
  for (int i = 0; i < field.names.count; ++i) {
    if (field.names.first[i] == text) return i + field.names.value_of_first;
  }
  if (!ParseInteger(text, number)) {
    return FieldError(field, text,
                      field.names.count > 0 ? "is no number and no name" : "is no number");
  }
  if (number >= field.min && number <= field.max) return number;
  return FieldError(field, text, StrCat("is not within ", field.min, " and ", field.max));
}

// One part of a list as first, last and step.
absl::StatusOr<std::array<int, 3>> ReadPart(const Field& field, std::string_view part) {
  const std::size_t slash = part.find('/');
  const std::string_view range = part.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos &&
      (!ParseInteger(part.substr(slash + 1), step) || step < 1 || step > field.max)) {
    return FieldError(field, part, StrCat("needs a step of 1 to ", field.max, " after the /"));
  }
  if (range == "*") return std::array<int, 3>{field.min, field.max, step};
  const std::size_t dash = range.find('-');
  const absl::StatusOr<int> first = ReadNumber(field, range.substr(0, dash));
  if (!first.ok()) return first.status();
  if (dash == std::string_view::npos) {
    return std::array<int, 3>{*first, slash == std::string_view::npos ? *first : field.max, step};
  }
  const absl::StatusOr<int> last = ReadNumber(field, range.substr(dash + 1));
  if (!last.ok()) return last.status();
  if (*last < *first) return FieldError(field, part, "ends before it begins");
  return std::array<int, 3>{*first, *last, step};
}

template <std::size_t Size>
absl::Status ReadField(const Field& field, std::string_view text, std::bitset<Size>& values) {
  for (const std::string_view part : Split(text, ',')) {
    if (part.empty()) return FieldError(field, text, "has an empty part");
    const absl::StatusOr<std::array<int, 3>> range = ReadPart(field, part);
    if (!range.ok()) return range.status();
    const auto [first, last, step] = *range;
    // Only the day of week has a value too many: 7 is 0.
    for (int value = first; value <= last; value += step) {
      values.set(static_cast<std::size_t>(value) % Size);
    }
  }
  return absl::OkStatus();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c == '\t' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return lower;
}

std::string WithoutShorthand(std::string text) {
  for (const auto& [name, meaning] : kShorthands) {
    if (text == name) return std::string(meaning);
  }
  return text;
}

std::optional<absl::TimeZone> LoadZone(const std::string& name) {
  if (name == "UTC") return absl::UTCTimeZone();
  absl::TimeZone zone;
  if (name.empty() || !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return zone;
}

// absl counts weekdays from Monday.
int WeekdayOf(absl::CivilDay day) { return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7; }

}  // namespace

absl::StatusOr<CronSchedule> CronSchedule::Parse(std::string_view text,
                                                 std::string_view time_zone) {
  CronSchedule schedule;
  schedule.time_zone_ = time_zone;
  if (!LoadZone(schedule.time_zone_)) {
    return absl::InvalidArgumentError(
        StrCat("\"", time_zone, "\" is not a time zone that this system knows"));
  }
  const std::string fields = WithoutShorthand(Lower(StripSpace(text)));
  const std::vector<std::string_view> words = Words(fields);
  if (words.size() != std::size(kFields)) {
    return absl::InvalidArgumentError(
        StrCat("a schedule has 5 fields (minute, hour, day of month, month, day of week), not ",
               words.size()));
  }
  absl::Status status = ReadField(kFields[0], words[0], schedule.minutes_);
  if (status.ok()) status = ReadField(kFields[1], words[1], schedule.hours_);
  if (status.ok()) status = ReadField(kFields[2], words[2], schedule.days_);
  if (status.ok()) status = ReadField(kFields[3], words[3], schedule.months_);
  if (status.ok()) status = ReadField(kFields[4], words[4], schedule.weekdays_);
  if (!status.ok()) return status;
  schedule.any_day_ = schedule.days_.count() == 31;
  schedule.any_weekday_ = schedule.weekdays_.all();
  if (schedule.NextOfFixedHours(0) == 0) {
    return absl::InvalidArgumentError("no month has such a day");
  }
  return schedule;
}

bool CronSchedule::FitsDay(int month, int day, int weekday) const {
  if (!months_.test(static_cast<std::size_t>(month))) return false;
  const bool fits_day = days_.test(static_cast<std::size_t>(day));
  const bool fits_weekday = weekdays_.test(static_cast<std::size_t>(weekday));
  return any_day_ || any_weekday_ ? fits_day && fits_weekday : fits_day || fits_weekday;
}

// By the clock on the wall: day by day, the hours and minutes within. 0 = never.
std::int64_t CronSchedule::NextOfFixedHours(std::int64_t unix_ms) const {
  const absl::TimeZone zone = LoadZone(time_zone_).value_or(absl::UTCTimeZone());
  const absl::CivilDay today = absl::ToCivilDay(absl::FromUnixMillis(unix_ms), zone);
  // The day before too: what is left out at its end may be due today.
  for (absl::CivilDay day = today - 1; day.year() <= today.year() + kYearsMax; ++day) {
    if (!FitsDay(day.month(), day.day(), WeekdayOf(day))) continue;
    for (int hour = 0; hour < 24; ++hour) {
      if (!hours_.test(static_cast<std::size_t>(hour))) continue;
      for (int minute = 0; minute < 60; ++minute) {
        if (!minutes_.test(static_cast<std::size_t>(minute))) continue;
        const absl::TimeZone::TimeInfo info =
            zone.At(absl::CivilSecond(day.year(), day.month(), day.day(), hour, minute));
        const bool skipped = info.kind == absl::TimeZone::TimeInfo::SKIPPED;
        const std::int64_t due_ms = absl::ToUnixMillis(skipped ? info.trans : info.pre);
        if (due_ms > unix_ms) return due_ms;
      }
    }
  }
  return 0;
}

// By time as it passes: from hour to hour.
std::int64_t CronSchedule::NextOfEveryHour(std::int64_t unix_ms) const {
  const absl::TimeZone zone = LoadZone(time_zone_).value_or(absl::UTCTimeZone());
  const std::int64_t end_ms = unix_ms + kYearsMax * 366LL * 24 * 60 * kMinuteMs;
  std::int64_t at_ms = unix_ms - unix_ms % kMinuteMs + kMinuteMs;
  while (at_ms < end_ms) {
    const absl::CivilMinute time = absl::ToCivilMinute(absl::FromUnixMillis(at_ms), zone);
    const absl::CivilDay day(time);
    if (!FitsDay(day.month(), day.day(), WeekdayOf(day))) {
      at_ms = absl::ToUnixMillis(absl::FromCivil(absl::CivilDay(day + 1), zone));
    } else if (minutes_.test(static_cast<std::size_t>(time.minute()))) {
      return at_ms;
    } else {
      at_ms += kMinuteMs;
    }
  }
  return end_ms;
}

std::int64_t CronSchedule::NextAfter(std::int64_t unix_ms) const {
  return hours_.all() ? NextOfEveryHour(unix_ms) : NextOfFixedHours(unix_ms);
}

}  // namespace weir
