// The buckets of a report over time: how a range is cut, and how a bucket is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include <boost/json/object.hpp>

#include "services/admin/http/message.h"
#include "services/admin/http/route_doc.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"
#include "services/admin/resources/usage_filter.h"

namespace weir::v1 {
class EventFilter;
}

namespace weir::admin {

struct ReportBuckets {
  Bucket bucket = Bucket::kDay;
  absl::TimeZone zone;
  // Unix ms; bucket i is from edge i to before edge i + 1.
  std::vector<std::int64_t> edges_ms;

  std::size_t size() const { return edges_ms.size() - 1; }
};

// `bucket=hour` and so on.
QueryParameter BucketParameter();

// The range of `filter`, or as much as is usual of it, cut where the clock of `tz` cuts. What is
// wrong goes into `errors`, but for `tz`, which the filter tells about; without edges then.
ReportBuckets ReadBuckets(const Request& request, const weir::v1::EventFilter& filter,
                          std::int64_t now_ms, FieldErrors& errors);

// The filter and the edges of a question over time, with what is wrong as errors of their fields.
template <class Question>
absl::StatusOr<ReportBuckets> ReadOverTime(const Request& request, const Caller& caller,
                                           std::int64_t now_ms, FieldErrors& errors,
                                           Question& question) {
  absl::Status read = ReadUsageFilter(request, caller, *question.mutable_filter());
  if (!read.ok()) return read;
  ReportBuckets buckets = ReadBuckets(request, question.filter(), now_ms, errors);
  question.mutable_edges_unix_ms()->Add(buckets.edges_ms.begin(), buckets.edges_ms.end());
  return buckets;
}

// {"start", "end", "label"}; while describing, of an empty one.
boost::json::object BucketJson(const ReportBuckets& buckets, std::size_t bucket);
boost::json::object BucketShape();

}  // namespace weir::admin
