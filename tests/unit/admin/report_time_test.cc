#include "services/admin/model/report_time.h"

#include <string>

#include <gtest/gtest.h>

#include "services/admin/model/time_text.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

std::int64_t At(std::string_view text) { return ParseTime(text).value_or(-1); }

absl::TimeZone Zone(std::string_view name) {
  const auto zone = FindZone(name);
  EXPECT_TRUE(zone.ok()) << name << ": " << zone.status();
  return zone.value_or(absl::UTCTimeZone());
}

// The lengths of the buckets, in minutes.
std::vector<std::int64_t> Minutes(std::string_view from, std::string_view to, Bucket bucket,
                                  std::string_view zone) {
  const auto cuts = CutRange(At(from), At(to), bucket, Zone(zone), 2000);
  EXPECT_TRUE(cuts.ok()) << cuts.status();
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 1; cuts.ok() && i < cuts->size(); ++i) {
    lengths.push_back(((*cuts)[i] - (*cuts)[i - 1]) / 60'000);
  }
  return lengths;
}

using Lengths = std::vector<std::int64_t>;

TEST(ReportTimeTest, DaysHave23And25HoursWhenClocksChange) {
  EXPECT_EQ(Minutes("2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", Bucket::kDay, "Europe/Berlin"),
            (Lengths{24 * 60, 23 * 60, 24 * 60}));
  EXPECT_EQ(Minutes("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", Bucket::kDay, "Europe/Berlin"),
            (Lengths{24 * 60, 25 * 60, 24 * 60}));
}

TEST(ReportTimeTest, DaysOfZonesThatAreNoWholeHoursOff) {
  // Kathmandu is 5 h 45 min ahead: its day begins at 18:15 UTC.
  EXPECT_EQ(Minutes("2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z", Bucket::kDay, "Asia/Kathmandu"),
            (Lengths{18 * 60 + 15, 24 * 60, 5 * 60 + 45}));
  EXPECT_EQ(Minutes("2026-05-01T00:00:00Z", "2026-05-01T02:00:00Z", Bucket::kHour, "Asia/Kolkata"),
            (Lengths{30, 60, 30}));
}

// At Lebanon's midnight of 2022-03-27 clocks went on to 1:00: the day began then.
TEST(ReportTimeTest, AMidnightThatDoesNotExistIsTheMomentAfterIt) {
  EXPECT_EQ(Minutes("2022-03-25T22:00:00Z", "2022-03-28T21:00:00Z", Bucket::kDay, "Asia/Beirut"),
            (Lengths{24 * 60, 23 * 60, 24 * 60}));
}

TEST(ReportTimeTest, AnHourThatComesTwiceIsTwoBuckets) {
  EXPECT_EQ(Minutes("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", Bucket::kHour, "Europe/Berlin"),
            (Lengths{60, 60, 60}));
  // Lord Howe moves its clocks by half an hour.
  EXPECT_EQ(
      Minutes("2026-04-04T13:00:00Z", "2026-04-04T17:30:00Z", Bucket::kHour, "Australia/Lord_Howe"),
      (Lengths{60, 60, 30, 60, 60}));
}

TEST(ReportTimeTest, MonthsAndYears) {
  constexpr std::int64_t kDay = 24 * 60;
  EXPECT_EQ(Minutes("2024-01-01T00:00:00Z", "2024-04-01T00:00:00Z", Bucket::kMonth, ""),
            (Lengths{31 * kDay, 29 * kDay, 31 * kDay}));
  EXPECT_EQ(
      Minutes("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z", Bucket::kMonth, "America/New_York"),
      (Lengths{31 * kDay - 60}));
  EXPECT_EQ(Minutes("2023-07-01T00:00:00Z", "2025-01-01T00:00:00Z", Bucket::kYear, "UTC"),
            (Lengths{184 * kDay, 366 * kDay}));
}

TEST(ReportTimeTest, RangesAreBounded) {
  const std::int64_t from = At("2026-01-01T00:00:00Z");
  EXPECT_TRUE(CutRange(from, from + 10 * kHourMs, Bucket::kHour, absl::UTCTimeZone(), 10).ok());
  EXPECT_FALSE(
      CutRange(from, from + 10 * kHourMs + 1, Bucket::kHour, absl::UTCTimeZone(), 10).ok());
  EXPECT_FALSE(CutRange(from, from, Bucket::kHour, absl::UTCTimeZone(), 10).ok());
  EXPECT_FALSE(CutRange(from, from - 1, Bucket::kYear, absl::UTCTimeZone(), 10).ok());
}

TEST(ReportTimeTest, ZonesGoByTheirNamesAlone) {
  for (const std::string_view name :
       {"", "UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5"}) {
    EXPECT_TRUE(FindZone(name).ok()) << name;
  }
  for (const std::string_view name :
       {"Mars/Olympus", "../../../etc/passwd", "/etc/localtime", "localtime", "right/UTC",
        "posix/UTC", ":UTC", "Europe/Berlin ", "+08:00", "Europe", "Fixed/UTC+01:00:00"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(FindZone(name).status())) << name;
  }
  EXPECT_FALSE(FindZone(std::string(100, 'a')).ok());
}

TEST(ReportTimeTest, DaysBeginInTheZone) {
  EXPECT_EQ(ParseTimeIn("2026-03-01", Zone("Asia/Shanghai")).value_or(0),
            At("2026-02-28T16:00:00Z"));
  EXPECT_EQ(ParseTimeIn("2026-03-01", absl::UTCTimeZone()).value_or(0), At("2026-03-01T00:00:00Z"));
  EXPECT_EQ(ParseTimeIn("2026-03-01T00:00:00Z", Zone("Asia/Shanghai")).value_or(0),
            At("2026-03-01T00:00:00Z"));
  for (const std::string_view text : {"2026-02-30", "2026-3-1", "1969-12-30", "2026-03", "x"}) {
    EXPECT_FALSE(ParseTimeIn(text, absl::UTCTimeZone()).ok()) << text;
  }
}

TEST(ReportTimeTest, LabelsAreWhatPeopleSay) {
  const std::int64_t time = At("2026-02-24T23:30:00Z");
  const absl::TimeZone zone = Zone("Asia/Kolkata");
  EXPECT_EQ(BucketLabel(time, Bucket::kHour, zone), "2026-02-25T05:00:00+05:30");
  EXPECT_EQ(BucketLabel(time, Bucket::kDay, zone), "2026-02-25");
  EXPECT_EQ(BucketLabel(time, Bucket::kMonth, zone), "2026-02");
  EXPECT_EQ(BucketLabel(time, Bucket::kYear, zone), "2026");
  EXPECT_TRUE(ParseBucket("month").ok());
  EXPECT_FALSE(ParseBucket("week").ok());
}

}  // namespace
}  // namespace weir::admin
