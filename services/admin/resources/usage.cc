// /api/v1/usage/summary and /top: sums out of usage's roll-ups.
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/report_time.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kTopUsual = 10;
constexpr std::int64_t kTopMax = 100;

// The sums over all rows of the question.
absl::StatusOr<v1::SummaryRow> Totals(ResourceParts& parts, v1::SummarizeRequest question) {
  question.clear_by();
  question.clear_limit();
  v1::SummarizeResponse answer;
  absl::Status asked = parts.usage.Summarize(question, answer);
  if (!asked.ok()) return asked;
  return answer.totals();
}

json::object Heading(const Request& request, const v1::EventFilter& filter) {
  return {{"from", TimeJson(filter.from_unix_ms())},
          {"to", TimeJson(filter.to_unix_ms())},
          {"time_zone", ZoneName(request)}};
}

// What both reports have.
json::object ReportShape() {
  json::object row = TotalsJson(v1::SummaryRow());
  AddSubjectShape(row);
  json::array data;
  data.push_back(std::move(row));
  json::object body = Heading(Request(), v1::EventFilter());
  body["totals"] = TotalsJson(v1::SummaryRow());
  body["data"] = std::move(data);
  return body;
}

json::object PreviousJson(std::int64_t from_ms, std::int64_t to_ms, const v1::SummaryRow& totals) {
  return {{"from", TimeJson(from_ms)}, {"to", TimeJson(to_ms)}, {"totals", TotalsJson(totals)}};
}

json::value SummaryShape() {
  json::object body = ReportShape();
  body["truncated"] = false;
  body["previous"] = MaybeAbsent(PreviousJson(0, 0, v1::SummaryRow()));
  return Named("UsageSummary", std::move(body));
}

json::value TopShape() {
  json::object body = ReportShape();
  body["rest"] = TotalsJson(v1::SummaryRow());
  return Named("UsageTop", std::move(body));
}

// As much time just before, to the quarter-hour: the one in which the range begins counts to the
// range, so it does not count here too. The range's ends must be known.
absl::Status AddPrevious(ResourceParts& parts, v1::SummarizeRequest question, json::object& body) {
  const std::int64_t end = QuarterOf(question.filter().from_unix_ms());
  const std::int64_t length = question.filter().to_unix_ms() - end;
  const std::int64_t begin = QuarterOf(end - length + kQuarterMs / 2);
  question.mutable_filter()->set_from_unix_ms(begin);
  question.mutable_filter()->set_to_unix_ms(end);
  absl::StatusOr<v1::SummaryRow> totals = Totals(parts, question);
  if (!totals.ok()) return totals.status();
  body["previous"] = PreviousJson(begin, end, *totals);
  return absl::OkStatus();
}

absl::Status ReadCompare(const Request& request, const v1::EventFilter& filter, bool& compare) {
  FieldErrors errors;
  compare = request.Query("compare") == "previous";
  const std::int64_t from = filter.from_unix_ms();
  const std::int64_t to = filter.to_unix_ms();
  if (compare && (from == 0 || to <= from || to - from >= from)) {
    errors.Add("compare", "needs from and to, and as much time before them");
  }
  return errors.ToStatus();
}

json::array RowsJson(const std::vector<v1::Dimension>& by, const v1::SummarizeResponse& answer,
                     const ReportNames& names) {
  json::array data;
  for (const v1::SummaryRow& row : answer.rows()) {
    json::object object = SubjectJson(by, row, names);
    const json::object counts = TotalsJson(row);
    object.insert(counts.begin(), counts.end());
    data.push_back(std::move(object));
  }
  return data;
}

// Totals and rows, which both reports here have: of one moment, so that what is left of the totals
// is never below zero. `answer` gets them too.
absl::StatusOr<json::object> TotalsAndRows(ResourceParts& parts, const Request& request,
                                           const v1::SummarizeRequest& question,
                                           const std::vector<v1::Dimension>& by,
                                           v1::SummarizeResponse& answer) {
  absl::Status asked = parts.usage.Summarize(question, answer);
  if (!asked.ok()) return asked;
  json::object body = Heading(request, question.filter());
  body["totals"] = TotalsJson(answer.totals());
  if (by.empty()) {
    body["data"] = json::array{TotalsJson(answer.totals())};
    return body;
  }
  absl::StatusOr<ReportNames> names = NamesOf(parts, by, answer.rows());
  if (!names.ok()) return names.status();
  body["data"] = RowsJson(by, answer, *names);
  return body;
}

absl::StatusOr<Response> Summary(ResourceParts& parts, const Request& request,
                                 const Caller& caller) {
  v1::SummarizeRequest question;
  absl::Status read = ReadUsageFilter(request, caller, *question.mutable_filter());
  if (!read.ok()) return read;
  FieldErrors errors;
  const std::vector<v1::Dimension> by = ReadBy(request, caller, 2, errors);
  for (const v1::Dimension dimension : by) question.add_by(dimension);
  question.set_order(ReadReportOrder(request));
  if (!errors.empty()) return errors.ToStatus();
  bool compare = false;
  read = ReadCompare(request, question.filter(), compare);
  if (!read.ok()) return read;
  v1::SummarizeResponse answer;
  absl::StatusOr<json::object> body = TotalsAndRows(parts, request, question, by, answer);
  if (!body.ok()) return body.status();
  (*body)["truncated"] = answer.truncated();
  if (compare) {
    absl::Status added = AddPrevious(parts, question, *body);
    if (!added.ok()) return added;
  }
  return JsonResponse(200, *body);
}

absl::StatusOr<Response> Top(ResourceParts& parts, const Request& request, const Caller& caller) {
  v1::SummarizeRequest question;
  absl::Status read = ReadUsageFilter(request, caller, *question.mutable_filter());
  if (!read.ok()) return read;
  FieldErrors errors;
  std::vector<v1::Dimension> by = ReadBy(request, caller, 1, errors);
  if (by.empty()) by = {v1::DIMENSION_MODEL};
  question.add_by(by.front());
  question.set_order(ReadReportOrder(request));
  question.set_limit(static_cast<std::uint32_t>(ReadCount(request, "limit", kTopUsual)));
  if (!errors.empty()) return errors.ToStatus();
  v1::SummarizeResponse answer;
  absl::StatusOr<json::object> body = TotalsAndRows(parts, request, question, by, answer);
  if (!body.ok()) return body.status();
  v1::SummaryRow rest = answer.totals();
  for (const v1::SummaryRow& row : answer.rows()) AddCounts(row, -1, rest);
  (*body)["rest"] = TotalsJson(rest);
  return JsonResponse(200, *body);
}

}  // namespace

Routes UsageRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/usage/summary",
           Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Summary(parts, request, caller);
           },
           {.summary = "Sum up usage",
            .query = ReportParameters(
                {ByParameter(), ReportOrderParameter(), WordParameter("compare", {"previous"})}),
            .answers = {Answers(SummaryShape)}}},
          {"GET",
           "/api/v1/usage/top",
           Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Top(parts, request, caller);
           },
           {.summary = "Show who or what uses most",
            .query = ReportParameters(
                {ByParameter(), ReportOrderParameter(), IntegerParameter("limit", 1, kTopMax)}),
            .answers = {Answers(TopShape)}}}};
}

}  // namespace weir::admin
