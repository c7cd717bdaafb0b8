// /api/v1/usage/series: usage over time, in buckets of the caller's time zone.
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/resources/report_buckets.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kTopUsual = 5;
constexpr std::int64_t kTopMax = 50;

struct SeriesParameters {
  ReportBuckets buckets;
  std::vector<v1::Dimension> by;  // one at most
};

absl::Status ReadQuestion(ResourceParts& parts, const Request& request, const Caller& caller,
                          SeriesParameters& parameters, v1::SeriesRequest& question) {
  FieldErrors errors;
  auto read = ReadOverTime(request, caller, parts.store.NowMs(), errors, question);
  if (!read.ok()) return read.status();
  parameters.buckets = *std::move(read);
  parameters.by = ReadBy(request, caller, 1, errors);
  if (!parameters.by.empty()) question.set_by(parameters.by.front());
  question.set_order(ReadReportOrder(request));
  question.set_top(static_cast<std::uint32_t>(ReadCount(request, "top", kTopUsual)));
  return errors.ToStatus();
}

using Buckets = std::vector<v1::SummaryRow>;

// With nothing where nothing was.
Buckets Filled(const google::protobuf::RepeatedPtrField<v1::SeriesRow>& rows, std::size_t count) {
  Buckets buckets(count);
  for (const v1::SeriesRow& row : rows) {
    if (row.bucket() < count) buckets[row.bucket()] = row.sums();
  }
  return buckets;
}

json::array CountsJson(const Buckets& buckets) { return ListJson(buckets, TotalsJson); }

json::object WithCounts(json::object bucket, const v1::SummaryRow& sums) {
  const json::object counts = TotalsJson(sums);
  bucket.insert(counts.begin(), counts.end());
  return bucket;
}

json::array TotalsByBucket(const ReportBuckets& buckets, const Buckets& totals) {
  json::array data;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    data.push_back(WithCounts(BucketJson(buckets, i), totals[i]));
  }
  return data;
}

// Which of the top a row is about: all but one of these are not set.
using Subject = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

Subject SubjectOf(const v1::SummaryRow& row) {
  return {row.model(), row.key_id(), row.user_id(), row.group_id(), row.account_id()};
}

json::object OneSeries(json::object subject, const v1::SummaryRow& sums, const Buckets& buckets) {
  subject["totals"] = TotalsJson(sums);
  subject["data"] = CountsJson(buckets);
  return subject;
}

// The top, each with its buckets, and what is left of the totals.
void AddTop(const SeriesParameters& parameters, const v1::SeriesResponse& answer,
            const ReportNames& names, Buckets rest, json::object& body) {
  std::map<Subject, Buckets> by_subject;
  for (const v1::SummaryRow& row : answer.top()) {
    by_subject[SubjectOf(row)].resize(rest.size());
  }
  for (const v1::SeriesRow& row : answer.rows()) {
    const auto found = by_subject.find(SubjectOf(row.sums()));
    if (found == by_subject.end() || row.bucket() >= rest.size()) continue;
    found->second[row.bucket()] = row.sums();
    AddCounts(row.sums(), -1, rest[row.bucket()]);
  }
  json::array series;
  for (const v1::SummaryRow& row : answer.top()) {
    series.push_back(
        OneSeries(SubjectJson(parameters.by, row, names), row, by_subject[SubjectOf(row)]));
  }
  v1::SummaryRow rest_sums;
  for (const v1::SummaryRow& row : rest) AddCounts(row, 1, rest_sums);
  body["series"] = std::move(series);
  body["rest"] = OneSeries({}, rest_sums, rest);
}

json::object BodyJson(std::int64_t from_ms, std::int64_t to_ms, const std::string& zone,
                      const v1::SummaryRow& sums) {
  return {{"from", TimeJson(from_ms)},
          {"to", TimeJson(to_ms)},
          {"time_zone", zone},
          {"totals", TotalsJson(sums)}};
}

json::value SeriesShape() {
  const v1::SummaryRow nothing;
  json::object subject;
  AddSubjectShape(subject);
  json::array data;
  data.push_back(WithCounts(BucketShape(), nothing));
  json::array series;
  series.push_back(OneSeries(std::move(subject), nothing, {}));
  json::object body = BodyJson(0, 0, "", nothing);
  body["data"] = std::move(data);
  body["series"] = MaybeAbsent(std::move(series));
  body["rest"] = MaybeAbsent(OneSeries({}, nothing, {}));
  return Named("UsageSeries", std::move(body));
}

// Of one account when `account_id` is not 0.
absl::StatusOr<Response> Series(ResourceParts& parts, const Request& request, const Caller& caller,
                                std::int64_t account_id) {
  v1::SeriesRequest question;
  SeriesParameters parameters;
  absl::Status read = ReadQuestion(parts, request, caller, parameters, question);
  if (!read.ok()) return read;
  if (account_id != 0) {
    question.mutable_filter()->clear_account_ids();
    question.mutable_filter()->add_account_ids(account_id);
  }
  v1::SeriesResponse answer;
  absl::Status asked = parts.usage.Series(question, answer);
  if (!asked.ok()) return asked;
  absl::StatusOr<ReportNames> names = NamesOf(parts, parameters.by, answer.top());
  if (!names.ok()) return names.status();
  const ReportBuckets& buckets = parameters.buckets;
  const Buckets totals = Filled(answer.totals(), buckets.size());
  v1::SummaryRow sums;
  for (const v1::SummaryRow& row : totals) AddCounts(row, 1, sums);
  json::object body =
      BodyJson(buckets.edges_ms.front(), buckets.edges_ms.back(), ZoneName(request), sums);
  body["data"] = TotalsByBucket(buckets, totals);
  if (!parameters.by.empty()) AddTop(parameters, answer, *names, totals, body);
  return JsonResponse(200, body);
}

QueryParameters SeriesParametersOf(const QueryParameters& common) {
  return Joined(common, {ByParameter(), ReportOrderParameter(), BucketParameter(),
                         IntegerParameter("top", 1, kTopMax)});
}

// The account is the path's.
QueryParameters ParametersOfOne() {
  QueryParameters parameters = SeriesParametersOf(ReportParameters());
  std::erase_if(parameters, [](const QueryParameter& one) { return one.name == "account_id"; });
  return parameters;
}

absl::StatusOr<Response> OfAccount(ResourceParts& parts, const Request& request,
                                   const Caller& caller) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto account = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return account_store::Get(transaction, *id);
  });
  if (!account.ok()) return account.status();
  return Series(parts, request, caller, *id);
}

}  // namespace

Routes UsageSeriesRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/usage/series",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Series(parts, request, caller, 0);
       },
       {.summary = "Show usage over time",
        .query = SeriesParametersOf(ReportParameters()),
        .answers = {Answers(SeriesShape)}}},
      {"GET",
       "/api/v1/admin/accounts/{id}/usage",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return OfAccount(parts, request, caller);
       },
       {.summary = "Show what an account served over time",
        .query = ParametersOfOne(),
        .answers = {Answers(SeriesShape)}}},
  };
}

}  // namespace weir::admin
