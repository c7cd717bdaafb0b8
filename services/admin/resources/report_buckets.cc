#include "services/admin/resources/report_buckets.h"

#include <algorithm>
#include <string>

#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kBucketsMax = 2000;

// How far back a series goes when nobody says.
std::int64_t UsualLengthMs(Bucket bucket) {
  switch (bucket) {
    case Bucket::kHour:
      return kDayMs;
    case Bucket::kDay:
      return 30 * kDayMs;
    case Bucket::kMonth:
      return 365 * kDayMs;
    case Bucket::kYear:
      return 5 * 365 * kDayMs;
  }
  return kDayMs;
}

json::object TimesJson(std::int64_t begin_ms, std::int64_t end_ms, const std::string& label) {
  return {{"start", TimeJson(begin_ms)}, {"end", TimeJson(end_ms)}, {"label", label}};
}

}  // namespace

QueryParameter BucketParameter() {
  return WordParameter("bucket", {"hour", "day", "month", "year"});
}

ReportBuckets ReadBuckets(const Request& request, const weir::v1::EventFilter& filter,
                          std::int64_t now_ms, FieldErrors& errors) {
  const std::string_view word = request.Query("bucket");
  const absl::StatusOr<Bucket> bucket = ParseBucket(word.empty() ? "day" : word);
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!bucket.ok() || !zone.ok()) return {};
  const std::int64_t to = filter.to_unix_ms() == 0 ? now_ms : filter.to_unix_ms();
  const std::int64_t from = filter.from_unix_ms() == 0
                                ? std::max<std::int64_t>(0, to - UsualLengthMs(*bucket))
                                : filter.from_unix_ms();
  // Roll-ups are by the quarter-hour; one counts when any part of it does, as in summaries.
  auto cuts = CutRange(QuarterOf(from), to + (kQuarterMs - to % kQuarterMs) % kQuarterMs, *bucket,
                       *zone, kBucketsMax);
  if (!cuts.ok()) {
    errors.Add("to", std::string(cuts.status().message()));
    return {};
  }
  return {.bucket = *bucket, .zone = *zone, .edges_ms = *std::move(cuts)};
}

json::object BucketJson(const ReportBuckets& buckets, std::size_t bucket) {
  const std::int64_t begin = buckets.edges_ms[bucket];
  return TimesJson(begin, buckets.edges_ms[bucket + 1],
                   BucketLabel(begin, buckets.bucket, buckets.zone));
}

json::object BucketShape() { return TimesJson(0, 0, ""); }

}  // namespace weir::admin
