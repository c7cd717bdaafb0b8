// /api/v1/admin/logs/conflicts: requests that came again with another content than the ledger has.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kDaysUsual = 7;
constexpr std::uint32_t kRowsUsual = 50;

json::object RowJson(const v1::Conflict& conflict) {
  return {{"received_at", TimeJson(conflict.received_at_unix_ms())},
          {"repeated", LogJson(conflict.repeated_event(), LogView::kRow)},
          {"stored", Where(conflict.has_stored_event(), [&] {
             return json::value(LogJson(conflict.stored_event(), LogView::kRow));
           })}};
}

json::object ListBody(std::int64_t from_ms, std::int64_t total, json::array data) {
  return {{"from", TimeJson(from_ms)}, {"total", total}, {"data", std::move(data)}};
}

json::value ListShape() {
  v1::Conflict conflict;
  conflict.mutable_stored_event();
  json::array data;
  data.push_back(RowJson(conflict));
  return ListBody(0, 0, std::move(data));
}

absl::StatusOr<v1::ConflictsRequest> ReadQuestion(const Request& request, std::int64_t now_ms) {
  FieldErrors errors;
  const absl::TimeZone utc = absl::UTCTimeZone();
  // One request's are few: they are looked for in all that is kept.
  v1::ConflictsRequest question;
  question.set_id(ReadRequestId(request, errors));
  const std::int64_t usual_ms = question.id().empty() ? now_ms - kDaysUsual * kDayMs : 0;
  question.set_from_unix_ms(ReadTime(request, "from", usual_ms, utc, errors));
  question.set_to_unix_ms(ReadTime(request, "to", 0, utc, errors));
  question.set_limit(static_cast<std::uint32_t>(ReadCount(request, "limit", kRowsUsual)));
  if (!errors.empty()) return errors.ToStatus();
  return question;
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  const auto question = ReadQuestion(request, parts.store.NowMs());
  if (!question.ok()) return question.status();
  v1::ConflictsResponse answer;
  absl::Status asked = parts.usage.Conflicts(*question, answer);
  if (!asked.ok()) return asked;
  return JsonResponse(200, ListBody(question->from_unix_ms(), answer.total(),
                                    ListJson(answer.conflicts(), RowJson)));
}

}  // namespace

absl::StatusOr<std::int64_t> ConflictsOfADay(Store& store, UsageClient& usage) {
  v1::ConflictsRequest question;
  question.set_from_unix_ms(store.NowMs() - kDayMs);
  v1::ConflictsResponse answer;
  if (absl::Status asked = usage.Conflicts(question, answer); !asked.ok()) return asked;
  return answer.total();
}

void AddConflictsNotice(ResourceParts& parts, json::object& status) {
  const auto conflicts = ConflictsOfADay(parts.store, parts.usage);
  if (conflicts.ok()) status["conflicts"] = *conflicts;
}

Routes ConflictRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/logs/conflicts",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List requests that came again with another content",
        .query = {TextParameter("from", kTimeForm), TextParameter("to", kTimeForm),
                  TextParameter("request_id"), IntegerParameter("limit", 1, 200)},
        .answers = {Answers(ListShape)},
        .about = "`stored` is what the ledger has and counts, `repeated` what came later and "
                 "counts nowhere. Newest first; `total` also counts what `limit` leaves out."}}};
}

}  // namespace weir::admin
