// /api/v1/admin/prices/unpriced: models that were asked for while nobody had given them a price.
#include <string>
#include <utility>

#include "absl/time/time.h"
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/unpriced_models.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kDaysUsual = 7;

json::object RowJson(const v1::UnpricedModel& row, const PricesNow& now) {
  const auto account = now.providers.find(row.account_id());
  return {{"model", row.model()},
          {"served_model", TextOrNull(row.served_model())},
          {"account_id", IntegerOrNull(row.account_id())},
          {"provider", TextOrNull(account == now.providers.end() ? "" : account->second)},
          {"served_requests", row.served_requests()},
          {"refused_requests", row.refused_requests()},
          {"input_tokens", row.input_tokens()},
          {"output_tokens", row.output_tokens()},
          {"last_seen_at", TimeJson(row.last_seen_unix_ms())},
          {"priced_now", IsPricedNow(now, row)},
          {"priced_then", IsPricedThen(now, row)}};
}

struct Parameters {
  v1::UnpricedRequest question;
  bool all = false;
};

absl::StatusOr<Parameters> ReadParameters(const Request& request, std::int64_t now_ms) {
  FieldErrors errors;
  const absl::TimeZone utc = absl::UTCTimeZone();
  const std::int64_t usual_ms = now_ms - kDaysUsual * kDayMs;
  Parameters parameters;
  parameters.question.set_from_unix_ms(ReadTime(request, "from", usual_ms, utc, errors));
  parameters.question.set_to_unix_ms(ReadTime(request, "to", 0, utc, errors));
  parameters.all = request.Query("show") == "all";
  if (!errors.empty()) return errors.ToStatus();
  return parameters;
}

json::object ListBody(std::int64_t from_ms, json::array data) {
  return {{"from", TimeJson(from_ms)}, {"data", std::move(data)}};
}

json::value ListShape() {
  json::array data;
  data.push_back(RowJson(v1::UnpricedModel(), PricesNow()));
  return ListBody(0, std::move(data));
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto parameters = ReadParameters(request, parts.store.NowMs());
  if (!parameters.ok()) return parameters.status();
  v1::UnpricedResponse answer;
  absl::Status asked = parts.usage.Unpriced(parameters->question, answer);
  if (!asked.ok()) return asked;
  auto now = ReadPricesNow(parts.store);
  if (!now.ok()) return now.status();
  json::array data;
  for (const v1::UnpricedModel& row : answer.models()) {
    json::object object = RowJson(row, *now);
    if (parameters->all || !object["priced_then"].as_bool()) data.push_back(std::move(object));
  }
  return JsonResponse(200, ListBody(parameters->question.from_unix_ms(), std::move(data)));
}

}  // namespace

void AddUnpricedNotice(ResourceParts& parts, json::object& status) {
  const auto unpriced = FindUnpriced(parts.store, parts.usage);
  if (!unpriced.ok()) return;
  json::array names;
  for (const std::string& model : unpriced->models) {
    if (names.size() < 20) names.emplace_back(model);
  }
  status["unpriced"] = json::object{{"models", unpriced->models.size()},
                                    {"requests", unpriced->requests},
                                    {"names", std::move(names)}};
}

json::object UnpricedNoticeShape() {
  return {{"models", 0}, {"requests", 0}, {"names", TextsJson({})}};
}

Routes UnpricedRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/admin/prices/unpriced",
           Access::kAdmin,
           [&parts](const Request& request, const Caller&) { return List(parts, request); },
           {.summary = "List the models that were asked for while they had no price",
            .query = {TextParameter("from", kTimeForm), TextParameter("to", kTimeForm),
                      WordParameter("show", {"unpriced", "all"})},
            .answers = {Answers(ListShape)}}}};
}

}  // namespace weir::admin
