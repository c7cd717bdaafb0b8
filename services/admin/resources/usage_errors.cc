// /api/v1/usage/errors: what failed over time, by the word of its error.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/resources/report_buckets.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kTopUsual = 6;
constexpr std::int64_t kTopMax = 50;

// Requests that failed, by bucket.
using Counts = std::vector<std::int64_t>;

std::int64_t SumOf(const Counts& counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  return sum;
}

json::object CountsJson(const Counts& counts) {
  return {{"errors", SumOf(counts)}, {"data", json::array(counts.begin(), counts.end())}};
}

json::object ClassJson(const std::string& error_class, const Counts& counts) {
  json::object object = CountsJson(counts);
  object["error_class"] = error_class;
  return object;
}

struct ErrorCounts {
  Counts totals;
  std::map<std::string, Counts> classes;
  Counts rest;  // what no class has
};

// Numbers of another process: none stands for a bucket that was not asked for, or is below 0.
ErrorCounts CountsOf(const v1::ErrorsResponse& answer, std::size_t buckets) {
  const Counts nothing(buckets, 0);
  ErrorCounts counts{.totals = nothing, .classes = {}, .rest = nothing};
  for (const v1::BucketErrors& total : answer.totals()) {
    if (total.bucket() < buckets) counts.totals[total.bucket()] = total.requests();
  }
  counts.rest = counts.totals;
  for (const v1::ErrorClassCount& one : answer.top()) {
    counts.classes.emplace(one.error_class(), nothing);
  }
  for (const v1::BucketErrors& row : answer.rows()) {
    const auto found = counts.classes.find(row.error_class());
    if (found == counts.classes.end() || row.bucket() >= buckets) continue;
    found->second[row.bucket()] = row.requests();
    counts.rest[row.bucket()] -= row.requests();
  }
  for (std::int64_t& count : counts.rest) count = std::max<std::int64_t>(0, count);
  return counts;
}

json::object WithErrors(json::object bucket, std::int64_t errors) {
  bucket["errors"] = errors;
  return bucket;
}

json::object BodyJson(std::int64_t from_ms, std::int64_t to_ms, const std::string& zone, bool exact,
                      const ErrorCounts& counts) {
  return {{"from", TimeJson(from_ms)},
          {"to", TimeJson(to_ms)},
          {"time_zone", zone},
          {"exact", exact},
          {"errors", SumOf(counts.totals)},
          {"rest", CountsJson(counts.rest)}};
}

json::value ErrorsShape() {
  json::array classes;
  classes.push_back(ClassJson("", {0}));
  json::array data;
  data.push_back(WithErrors(BucketShape(), 0));
  json::object body = BodyJson(0, 0, "", true, {.totals = {0}, .classes = {}, .rest = {0}});
  body["data"] = std::move(data);
  body["classes"] = std::move(classes);
  return Named("UsageErrors", std::move(body));
}

absl::StatusOr<Response> Errors(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  v1::ErrorsRequest question;
  FieldErrors errors;
  const auto read = ReadOverTime(request, caller, parts.store.NowMs(), errors, question);
  if (!read.ok()) return read.status();
  if (!errors.empty()) return errors.ToStatus();
  const ReportBuckets& buckets = *read;
  question.set_top(static_cast<std::uint32_t>(ReadCount(request, "top", kTopUsual)));
  v1::ErrorsResponse answer;
  absl::Status asked = parts.usage.Errors(question, answer);
  if (!asked.ok()) return asked;
  const ErrorCounts counts = CountsOf(answer, buckets.size());
  json::object body = BodyJson(buckets.edges_ms.front(), buckets.edges_ms.back(), ZoneName(request),
                               answer.exact(), counts);
  json::array data;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    data.push_back(WithErrors(BucketJson(buckets, i), counts.totals[i]));
  }
  json::array classes;
  for (const v1::ErrorClassCount& one : answer.top()) {
    classes.push_back(ClassJson(one.error_class(), counts.classes.at(one.error_class())));
  }
  body["data"] = std::move(data);
  body["classes"] = std::move(classes);
  return JsonResponse(200, body);
}

}  // namespace

Routes UsageErrorRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/usage/errors",
           Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Errors(parts, request, caller);
           },
           {.summary = "Show what failed over time, by error class",
            .query = ReportParameters({BucketParameter(), IntegerParameter("top", 1, kTopMax)}),
            .answers = {Answers(ErrorsShape)},
            .about = "`classes[i].data[j]` belongs to `data[j]`. What no class of `classes` has is "
                     "in `rest`: further classes, and what cannot be told apart."}}};
}

}  // namespace weir::admin
