// /api/v1/admin/alerts: what the webhook was, or is to be, told, and what is wrong now.
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "services/admin/alerts/alert_courier.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/alert_store.h"
#include "services/admin/store/alert_words.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::object AlertJson(const AlertMessage& message) {
  return {{"id", message.id},
          {"event", message.event},
          {"state", WordJson(message.state)},
          {"subject", message.subject},
          {"text", message.text},
          {"delivery", WordJson(message.delivery)},
          {"tries", message.tries},
          {"created_at", TimeJson(message.created_at_ms)},
          {"next_try_at", TimeJson(message.next_try_at_ms)},
          {"delivered_at", TimeJson(message.delivered_at_ms)},
          {"last_error", TextOrNull(message.last_error)}};
}

json::value AlertShape() { return Named("Alert", AlertJson(AlertMessage())); }

json::object ConditionJson(const AlertCondition& condition) {
  return {{"event", condition.event},
          {"subject", condition.subject},
          {"text", condition.text},
          {"since", TimeJson(condition.since_ms)},
          {"told", condition.told}};
}

ListRules Rules() {
  return {
      .filters = {{"event", "event = ?"},
                  {"subject", "subject = ?"},
                  {.name = "state", .sql = "state = ?", .words = WordsOf<AlertState>()},
                  {.name = "delivery", .sql = "delivery = ?", .words = WordsOf<AlertDelivery>()}},
      .sorts = {{"id", "id"}, {"created_at", "created_at_ms"}}};
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  if (request.Query("sort").empty()) query->descending = true;
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return alert_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  for (const AlertMessage& message : page->items) data.push_back(AlertJson(message));
  return ListResponse(std::move(data), page->total, *query);
}

absl::StatusOr<Response> ShowWrong(ResourceParts& parts) {
  auto wrong = ReadValue(parts.store, [](sql::Transaction& transaction) {
    return alert_store::Conditions(transaction, "");
  });
  if (!wrong.ok()) return wrong.status();
  return JsonResponse(200, json::object{{"data", ListJson(*wrong, ConditionJson)}});
}

absl::StatusOr<Response> Test(ResourceParts& parts, const Caller& caller) {
  auto sent = parts.alerts.Test(caller.user.username);
  if (!sent.ok()) return sent.status();
  return JsonResponse(200, AlertJson(*sent));
}

}  // namespace

Routes AlertRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/alerts",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List what the webhook was, or is to be, told",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(AlertShape)},
        .about = "The newest first, unless `sort` says otherwise."}},
      {"GET",
       "/api/v1/admin/alerts/wrong",
       Access::kAdmin,
       [&parts](const Request&, const Caller&) { return ShowWrong(parts); },
       {.summary = "Show what is wrong now",
        .answers = {AnswersData([] { return ConditionJson(AlertCondition()); })},
        .about = "As the task alerts_watch last saw it; nothing without a webhook."}},
      {"POST",
       "/api/v1/admin/alerts/test",
       Access::kAdmin,
       [&parts](const Request&, const Caller& caller) { return Test(parts, caller); },
       {.summary = "Send the webhook a test",
        .answers = {Answers(AlertShape)},
        .refusals = {409},
        .about = "Tried once; `delivery` and `last_error` say how it went."}},
  };
}

}  // namespace weir::admin
