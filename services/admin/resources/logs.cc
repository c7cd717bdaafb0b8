// /api/v1/admin/logs and /api/v1/logs: the request log, out of usage's ledger.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/money.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"
#include "services/admin/model/time_text.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
#include "services/admin/store/price_store.h"
#include "weir/v1/query.pb.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

struct Order {
  std::string_view name;
  v1::EventOrder order;
};

constexpr std::array<Order, 4> kOrders = {{{"-started_at", v1::EVENT_ORDER_UNSPECIFIED},
                                           {"started_at", v1::EVENT_ORDER_STARTED_ASC},
                                           {"-cost", v1::EVENT_ORDER_COST_DESC},
                                           {"-latency_ms", v1::EVENT_ORDER_LATENCY_DESC}}};

QueryParameters ListParameters() {
  std::vector<std::string_view> orders;
  orders.reserve(kOrders.size());
  for (const Order& order : kOrders) orders.push_back(order.name);
  return LogParameters({IntegerParameter("page", 1, 1'000'000), IntegerParameter("limit", 1, 200),
                        WordParameter("sort", std::move(orders)),
                        TextParameter("cursor", "next_cursor of the page before")});
}

std::int64_t NumberOf(const Request& request, std::string_view name, std::int64_t otherwise) {
  std::int64_t number = 0;
  return ParseInteger(request.Query(name), number) ? number : otherwise;
}

// page and limit, in words of our own since the rows are not out of our tables.
void ReadPage(const Request& request, v1::ListEventsRequest& list, std::int64_t& page) {
  const std::int64_t limit = NumberOf(request, "limit", 20);
  page = NumberOf(request, "page", 1);
  for (const Order& order : kOrders) {
    if (order.name == request.Query("sort")) list.set_order(order.order);
  }
  list.set_limit(static_cast<std::uint32_t>(limit));
  list.set_cursor(std::string(request.Query("cursor")));
  // Counting millions of rows on each step of a walk would be waste.
  list.set_with_total(list.cursor().empty());
  if (list.cursor().empty()) list.set_offset(static_cast<std::uint64_t>((page - 1) * limit));
}

// Whose log it is decides about its accounts.
enum class Whose { kEverybodys, kOwn };

json::value RowShape(Whose whose) {
  json::object row = LogJson(v1::UsageEvent(), LogView::kRow);
  row["attempts"] = 0;
  if (whose == Whose::kOwn) HideAccounts(row);
  return Named(whose == Whose::kOwn ? "OwnLogRow" : "LogRow", std::move(row));
}

json::value DetailShape(Whose whose) {
  const bool own = whose == Whose::kOwn;
  json::object log = LogJson(v1::UsageEvent(), own ? LogView::kOwnDetail : LogView::kDetail);
  if (own) HideAccounts(log);
  log["price_at"] = TimeJson(0);
  return Named(own ? "OwnLog" : "Log", std::move(log));
}

json::value ListShape(Whose whose) {
  json::array data;
  data.push_back(RowShape(whose));
  return json::object{{"data", std::move(data)},
                      {"page", 1},
                      {"limit", 1},
                      {"total", MaybeAbsent(0)},
                      {"total_at_least", MaybeAbsent(true)},
                      {"next_cursor", TextOrNull("")},
                      {"searched_to", TimeJson(0)}};
}

RouteDoc ListDoc(Whose whose, std::string_view summary) {
  return {.summary = summary,
          .query = ListParameters(),
          .answers = {Answers([whose] { return ListShape(whose); })},
          .about =
              "`total` is left out where a cursor is given. `searched_to` is not null where a "
              "page ended after so many rows without being full: go on by `next_cursor`."};
}

RouteDoc DetailDoc(Whose whose, std::string_view summary) {
  return {.summary = summary, .answers = {Answers([whose] { return DetailShape(whose); })}};
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request, const Caller& caller) {
  v1::ListEventsRequest list;
  std::int64_t page = 1;
  ReadPage(request, list, page);
  absl::Status read = ReadUsageFilter(request, caller, *list.mutable_filter());
  if (!read.ok()) return read;
  v1::ListEventsResponse answer;
  absl::Status asked = parts.usage.ListEvents(list, answer);
  if (!asked.ok()) return asked;
  json::array data;
  for (int i = 0; i < answer.events_size(); ++i) {
    json::object row = LogJson(answer.events(i), LogView::kRow);
    row["attempts"] = i < answer.attempt_counts_size() ? answer.attempt_counts(i) : 0;
    if (!caller.is_admin()) HideAccounts(row);
    data.push_back(std::move(row));
  }
  json::object body = {{"data", std::move(data)}, {"page", page}, {"limit", list.limit()}};
  if (list.with_total()) {
    body["total"] = answer.total();
    body["total_at_least"] = answer.total_at_least();
  }
  body["next_cursor"] = TextOrNull(answer.next_cursor());
  body["searched_to"] = TimeJson(answer.searched_to_unix_ms());
  return JsonResponse(200, body);
}

// Since when the list has had the price that the request was charged by; null: since ever, or the
// list does not have it any more.
json::value PriceAtJson(ResourceParts& parts, const v1::UsageEvent& event) {
  const std::int64_t id = PriceIdNow(event);
  if (id == 0) return nullptr;
  const auto price = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return price_store::Get(transaction, id);
  });
  return TimeJson(price.ok() ? price->effective_from_ms : 0);
}

json::object DetailJson(ResourceParts& parts, const v1::UsageEvent& event, LogView view) {
  json::object log = LogJson(event, view);
  log["price_at"] = PriceAtJson(parts, event);
  return log;
}

// Other people's requests are not there for a plain user.
absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request, const Caller& caller) {
  const auto found = request.path_params.find("request_id");
  auto id = UuidFromText(found->second);
  if (!id.ok()) return NotFound("log");
  v1::GetEventResponse answer;
  absl::Status asked = parts.usage.GetEvent(*id, answer);
  if (!asked.ok()) return asked;
  if (caller.is_admin())
    return JsonResponse(200, DetailJson(parts, answer.event(), LogView::kDetail));
  if (answer.event().user_id() != caller.user.id) return NotFound("log");
  json::object own = DetailJson(parts, answer.event(), LogView::kOwnDetail);
  HideAccounts(own);
  return JsonResponse(200, own);
}

// What an administrator asks for as a user of their own.
Caller AsUser(const Caller& caller) {
  Caller own = caller;
  own.user.role = Role::kUser;
  return own;
}

// Of requests, as decimal text: "0.25"; null of none.
json::value ShareJson(std::int64_t part, std::int64_t whole) {
  constexpr std::int64_t kPpm = 1'000'000;
  return TextOrNull(whole == 0 ? std::string() : FormatPpm(part * kPpm / whole));
}

json::object StatsJson(const v1::StatsResponse& stats) {
  json::array statuses = ListJson(stats.statuses(), [](const v1::StatusCount& count) {
    return json::object{{"status", count.status()}, {"requests", count.requests()}};
  });
  json::array classes = ListJson(stats.error_classes(), [](const v1::ErrorClassCount& count) {
    return json::object{{"error_class", count.error_class()}, {"requests", count.requests()}};
  });
  return {{"exact", stats.exact()},
          {"since", TimeJson(stats.since_unix_ms())},
          {"requests", stats.requests()},
          {"latency", PercentilesJson(stats.latency())},
          {"first_token", PercentilesJson(stats.first_token())},
          {"statuses", std::move(statuses)},
          {"error_classes", std::move(classes)},
          {"cache_hits", stats.cache_hits()},
          {"cache_hit_share", ShareJson(stats.cache_hits(), stats.requests())}};
}

absl::StatusOr<Response> Stats(ResourceParts& parts, const Request& request, const Caller& caller) {
  v1::StatsRequest question;
  absl::Status read = ReadUsageFilter(request, caller, *question.mutable_filter());
  if (!read.ok()) return read;
  v1::StatsResponse answer;
  absl::Status asked = parts.usage.Stats(question, answer);
  if (!asked.ok()) return asked;
  return JsonResponse(200, StatsJson(answer));
}

json::object DeletedJson(std::int64_t kept_from_ms, std::int64_t days, std::int64_t requests) {
  return {{"kept_from", TimeJson(kept_from_ms)},
          {"days_dropped", days},
          {"requests_deleted", requests}};
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  if (auto confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) return confirmed;
  FieldErrors errors;
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!zone.ok()) errors.Add("tz", View(zone.status().message()));
  const absl::StatusOr<std::int64_t> before =
      ParseTimeIn(request.Query("before"), zone.value_or(absl::UTCTimeZone()));
  if (!before.ok()) errors.Add("before", View(before.status().message()));
  if (!errors.empty()) return errors.ToStatus();
  const auto deleted = parts.maintenance.DeleteRequests(*before, [] { return false; });
  if (absl::IsInvalidArgument(deleted.status())) {
    errors.Add("before", View(deleted.status().message()));
    return errors.ToStatus();
  }
  if (!deleted.ok()) {
    return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway,
                   "the usage service did not finish; what is left goes with the next try");
  }
  absl::Status noted = NoteDeed(parts, {"log",
                                        0,
                                        StrCat("before ", FormatTime(*before)),
                                        "delete",
                                        {{"requests", "null", std::to_string(deleted->requests)},
                                         {"days", "null", std::to_string(deleted->days)}}});
  if (!noted.ok()) return noted;
  LogWarning("requests deleted from the log", {{"request_id", request.request_id},
                                               {"user_id", caller.user.id},
                                               {"username", caller.user.username},
                                               {"before", FormatTime(*before)},
                                               {"days_dropped", deleted->days},
                                               {"requests_deleted", deleted->requests}});
  return JsonResponse(200, DeletedJson(deleted->kept_from_ms, deleted->days, deleted->requests));
}

}  // namespace

Routes LogRoutes(ResourceParts& parts) {
  return {
      {"GET", "/api/v1/admin/logs", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return List(parts, request, caller);
       },
       ListDoc(Whose::kEverybodys, "List requests")},
      {"DELETE",
       "/api/v1/admin/logs",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Delete(parts, request, caller);
       },
       {.summary = "Delete requests from the log",
        .query = {Required(TextParameter("before", kDayForm)), TextParameter("tz")},
        .answers = {Answers([] { return DeletedJson(0, 0, 0); })}}},
      {"GET",
       "/api/v1/admin/logs/stats",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Stats(parts, request, caller);
       },
       {.summary = "Show how fast requests were and how they ended",
        .query = LogParameters(),
        .answers = {Answers([] { return StatsJson(v1::StatsResponse()); })}}},
      {"GET", "/api/v1/admin/logs/{request_id}", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Get(parts, request, caller);
       },
       DetailDoc(Whose::kEverybodys, "Show a request")},
      {"GET", "/api/v1/logs", Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return List(parts, request, AsUser(caller));
       },
       ListDoc(Whose::kOwn, "List one's own requests")},
      {"GET", "/api/v1/logs/{request_id}", Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Get(parts, request, AsUser(caller));
       },
       DetailDoc(Whose::kOwn, "Show one of one's own requests")},
  };
}

}  // namespace weir::admin
