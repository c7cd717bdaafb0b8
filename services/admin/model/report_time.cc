#include "services/admin/model/report_time.h"

#include <algorithm>
#include <array>

#include "absl/time/civil_time.h"

#include "libs/common/text.h"
#include "services/admin/model/time_text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kNameBytesMax = 64;

// Names become paths below the zones' folder, so nothing may lead out of it. "right/" counts leap
// seconds, "posix/" says the same again, "localtime" is whatever the machine is set to.
bool IsPlainName(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  return name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), is_plain) &&
         name.front() != '/' && !name.starts_with("right/") && !name.starts_with("posix/") &&
         name != "localtime" && name != "posixrules" && name != "Factory";
}

// The first moment of the next bucket after `time`. A moment that the zone's clock skips stands for
// the one at which it goes on.
absl::Time NextCut(absl::Time time, Bucket bucket, absl::TimeZone zone) {
  const absl::CivilSecond civil = absl::ToCivilSecond(time, zone);
  switch (bucket) {
    case Bucket::kHour:
      // Counted in seconds, not by name: when clocks go back an hour comes twice.
      return time + absl::Hours(1) - absl::Minutes(civil.minute()) - absl::Seconds(civil.second()) -
             (time - absl::FromUnixSeconds(absl::ToUnixSeconds(time)));
    case Bucket::kDay:
      return absl::FromCivil(absl::CivilDay(civil) + 1, zone);
    case Bucket::kMonth:
      return absl::FromCivil(absl::CivilMonth(civil) + 1, zone);
    case Bucket::kYear:
      return absl::FromCivil(absl::CivilYear(civil) + 1, zone);
  }
  return absl::InfiniteFuture();
}

bool ParseDay(std::string_view text, absl::CivilDay& day) {
  constexpr std::size_t kDaySize = 10;  // 2026-02-24
  return text.size() == kDaySize && absl::ParseCivilTime(std::string(text), &day);
}

}  // namespace

absl::StatusOr<Bucket> ParseBucket(std::string_view word) {
  constexpr std::array<std::string_view, 4> kWords = {"hour", "day", "month", "year"};
  const auto* const found = std::find(kWords.begin(), kWords.end(), word);
  if (found == kWords.end()) return absl::InvalidArgumentError("must be hour, day, month or year");
  return static_cast<Bucket>(found - kWords.begin());
}

absl::StatusOr<absl::TimeZone> FindZone(std::string_view name) {
  if (name.empty() || name == "UTC") return absl::UTCTimeZone();
  absl::TimeZone zone;
  if (IsPlainName(name) && absl::LoadTimeZone(std::string(name), &zone)) return zone;
  if (!absl::LoadTimeZone("Europe/London", &zone)) {
    return absl::InvalidArgumentError(
        "must be UTC here: the server has no database of time zones (install the package tzdata)");
  }
  return absl::InvalidArgumentError("must be a time zone such as Europe/Berlin or Asia/Shanghai");
}

absl::StatusOr<std::int64_t> ParseTimeIn(std::string_view text, absl::TimeZone zone) {
  absl::CivilDay day;
  if (!ParseDay(text, day)) return ParseTime(text);
  const absl::Time time = absl::FromCivil(day, zone);
  if (time < absl::UnixEpoch() || day.year() > 9999) {
    return absl::InvalidArgumentError("must be a time such as 2026-02-24T09:00:00Z");
  }
  return absl::ToUnixMillis(time);
}

absl::StatusOr<std::vector<std::int64_t>> CutRange(std::int64_t from_unix_ms,
                                                   std::int64_t to_unix_ms, Bucket bucket,
                                                   absl::TimeZone zone, std::size_t buckets_max) {
  if (from_unix_ms >= to_unix_ms) return absl::InvalidArgumentError("must be after from");
  std::vector<std::int64_t> cuts = {from_unix_ms};
  while (cuts.back() < to_unix_ms) {
    if (cuts.size() > buckets_max) {
      return absl::InvalidArgumentError(
          StrCat("makes more than ", buckets_max, " buckets with from; take longer ones"));
    }
    const absl::Time next = NextCut(absl::FromUnixMillis(cuts.back()), bucket, zone);
    cuts.push_back(std::min(to_unix_ms, absl::ToUnixMillis(next)));
  }
  return cuts;
}

std::string BucketLabel(std::int64_t begin_unix_ms, Bucket bucket, absl::TimeZone zone) {
  constexpr std::array<const char*, 4> kFormats = {"%Y-%m-%dT%H:%M:%S%Ez", "%Y-%m-%d", "%Y-%m",
                                                   "%Y"};
  return absl::FormatTime(kFormats.at(static_cast<std::size_t>(bucket)),
                          absl::FromUnixMillis(begin_unix_ms), zone);
}

}  // namespace weir::admin
