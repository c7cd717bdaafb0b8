// /api/v1/usage/latency: how long answers took, over time and all together.
#include <cstdint>
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

void AddLatency(const v1::BucketLatency& row, json::object& object) {
  object["latency"] = PercentilesJson(row.latency());
  object["first_token"] = PercentilesJson(row.first_token());
}

json::object WithLatency(json::object bucket, const v1::BucketLatency& row) {
  AddLatency(row, bucket);
  return bucket;
}

json::object BarJson(const v1::LatencyBar& bar) {
  return {{"from_ms", bar.from_ms()},
          {"below_ms", IntegerOrNull(bar.below_ms())},
          {"answers", bar.answers()},
          {"first_tokens", bar.first_tokens()}};
}

json::object BodyJson(std::int64_t from_ms, std::int64_t to_ms, const std::string& zone,
                      const v1::LatencyResponse& answer) {
  json::object body = {{"from", TimeJson(from_ms)},
                       {"to", TimeJson(to_ms)},
                       {"time_zone", zone},
                       {"exact", answer.exact()},
                       {"since", TimeJson(answer.since_unix_ms())},
                       {"histogram", ListJson(answer.bars(), BarJson)}};
  AddLatency(answer.total(), body);
  return body;
}

json::value LatencyShape() {
  json::array data;
  data.push_back(WithLatency(BucketShape(), {}));
  json::object body = BodyJson(0, 0, "", {});
  body["data"] = std::move(data);
  return Named("UsageLatency", std::move(body));
}

// Numbers of another process: none stands for a bucket that was not asked for.
std::vector<v1::BucketLatency> RowsOf(const v1::LatencyResponse& answer, std::size_t buckets) {
  std::vector<v1::BucketLatency> rows(buckets);
  for (const v1::BucketLatency& row : answer.rows()) {
    if (row.bucket() < buckets) rows[row.bucket()] = row;
  }
  return rows;
}

absl::StatusOr<Response> Latency(ResourceParts& parts, const Request& request,
                                 const Caller& caller) {
  v1::LatencyRequest question;
  FieldErrors errors;
  const auto read = ReadOverTime(request, caller, parts.store.NowMs(), errors, question);
  if (!read.ok()) return read.status();
  if (!errors.empty()) return errors.ToStatus();
  const ReportBuckets& buckets = *read;
  v1::LatencyResponse answer;
  absl::Status asked = parts.usage.Latency(question, answer);
  if (!asked.ok()) return asked;
  json::object body =
      BodyJson(buckets.edges_ms.front(), buckets.edges_ms.back(), ZoneName(request), answer);
  const std::vector<v1::BucketLatency> rows = RowsOf(answer, buckets.size());
  json::array data;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    data.push_back(WithLatency(BucketJson(buckets, i), rows[i]));
  }
  body["data"] = std::move(data);
  return JsonResponse(200, body);
}

}  // namespace

Routes UsageLatencyRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/usage/latency",
           Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Latency(parts, request, caller);
           },
           {.summary = "Show how long answers took, over time and in bars",
            .query = ReportParameters({BucketParameter()}),
            .answers = {Answers(LatencyShape)},
            .about = "Of answers of upstreams that did not fail: `latency` is their whole time, "
                     "`first_token` that to their first text. `histogram` has bars from `from_ms` "
                     "to before `below_ms` (null: no end), six for each tenfold, from the first "
                     "that is not empty to the last."}}};
}

}  // namespace weir::admin
