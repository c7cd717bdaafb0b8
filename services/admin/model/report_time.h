// Time zones of reports, and the cutting of a range into the hours, days, months and years of one.
// The zones are those of the machine's database (package tzdata).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace weir::admin {

// Roll-ups are by the quarter-hour of UTC; the one that holds a moment begins at QuarterOf.
inline constexpr std::int64_t kQuarterMs = 15LL * 60 * 1000;
constexpr std::int64_t QuarterOf(std::int64_t unix_ms) { return unix_ms - unix_ms % kQuarterMs; }

enum class Bucket { kHour, kDay, kMonth, kYear };

// "hour" and so on; InvalidArgument for any other word.
absl::StatusOr<Bucket> ParseBucket(std::string_view word);

// By its IANA name ("Europe/Berlin"); empty is UTC. InvalidArgument: no such zone, and, in other
// words, no database of zones on this machine; UTC is known without one.
absl::StatusOr<absl::TimeZone> FindZone(std::string_view name);

// As ParseTime, and "2026-02-24" for that day's first moment in `zone`.
absl::StatusOr<std::int64_t> ParseTimeIn(std::string_view text, absl::TimeZone zone);

// The cuts from `from_unix_ms` to `to_unix_ms`, both included: buckets begin where the zone's clock
// does, so that a day may have 23 or 25 hours; the first and the last are as long as the range lets
// them be. InvalidArgument: an empty range, or more than `buckets_max` buckets.
absl::StatusOr<std::vector<std::int64_t>> CutRange(std::int64_t from_unix_ms,
                                                   std::int64_t to_unix_ms, Bucket bucket,
                                                   absl::TimeZone zone, std::size_t buckets_max);

// What people call the bucket that begins then: "2026", "2026-02", "2026-02-24",
// "2026-02-24T09:00:00+01:00".
std::string BucketLabel(std::int64_t begin_unix_ms, Bucket bucket, absl::TimeZone zone);

}  // namespace weir::admin
