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
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
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

// page and limit, in words of our own since the rows are not out of our tables.
absl::Status ReadPage(const Request& request, v1::ListEventsRequest& list, std::int64_t& page) {
  FieldErrors errors;
  std::int64_t limit = 20;
  page = 1;
  const auto read = [&](std::string_view name, std::int64_t max, std::int64_t& value) {
    const std::string_view text = request.Query(name);
    if (text.empty()) return;
    if (!ParseInteger(text, value) || value < 1 || value > max) {
      errors.Add(name, StrCat("must be 1 to ", max));
    }
  };
  read("limit", 200, limit);
  read("page", 1'000'000, page);
  const std::string_view sort = request.Query("sort");
  bool sorted = sort.empty();
  for (const Order& order : kOrders) {
    if (order.name != sort) continue;
    list.set_order(order.order);
    sorted = true;
  }
  if (!sorted) errors.Add("sort", "must be -started_at, started_at, -cost or -latency_ms");
  if (!errors.empty()) return errors.ToStatus();
  list.set_limit(static_cast<std::uint32_t>(limit));
  list.set_cursor(std::string(request.Query("cursor")));
  // Counting millions of rows on each step of a walk would be waste.
  list.set_with_total(list.cursor().empty());
  if (list.cursor().empty()) list.set_offset(static_cast<std::uint64_t>((page - 1) * limit));
  return absl::OkStatus();
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request, const Caller& caller) {
  absl::Status read = CheckLogParameters(request, {"page", "limit", "sort", "cursor"});
  v1::ListEventsRequest list;
  std::int64_t page = 1;
  if (read.ok()) read = ReadPage(request, list, page);
  if (read.ok()) read = ReadUsageFilter(request, caller, *list.mutable_filter());
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
  body["next_cursor"] =
      answer.next_cursor().empty() ? json::value() : json::value(answer.next_cursor());
  return JsonResponse(200, body);
}

// Other people's requests are not there for a plain user.
absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request, const Caller& caller) {
  const auto found = request.path_params.find("id");
  auto id = UuidFromText(found->second);
  if (!id.ok()) return NotFound("log");
  v1::GetEventResponse answer;
  absl::Status asked = parts.usage.GetEvent(*id, answer);
  if (!asked.ok()) return asked;
  if (caller.is_admin()) return JsonResponse(200, LogJson(answer.event(), LogView::kDetail));
  if (answer.event().user_id() != caller.user.id) return NotFound("log");
  json::object own = LogJson(answer.event(), LogView::kOwnDetail);
  HideAccounts(own);
  return JsonResponse(200, own);
}

// What an administrator asks for as a user of their own.
Caller AsUser(const Caller& caller) {
  Caller own = caller;
  own.user.role = Role::kUser;
  return own;
}

json::object PercentilesJson(const v1::Percentiles& percentiles) {
  if (percentiles.measured() == 0) {
    return {{"measured", 0}, {"p50_ms", nullptr}, {"p95_ms", nullptr}, {"p99_ms", nullptr}};
  }
  return {{"measured", percentiles.measured()},
          {"p50_ms", percentiles.p50_ms()},
          {"p95_ms", percentiles.p95_ms()},
          {"p99_ms", percentiles.p99_ms()}};
}

// Of requests, as decimal text: "0.25"; null of none.
json::value ShareJson(std::int64_t part, std::int64_t whole) {
  constexpr std::int64_t kPpm = 1'000'000;
  if (whole == 0) return nullptr;
  return json::value(FormatPpm(part * kPpm / whole));
}

json::object StatsJson(const v1::StatsResponse& stats) {
  json::array statuses;
  for (const v1::StatusCount& count : stats.statuses()) {
    statuses.push_back(json::object{{"status", count.status()}, {"requests", count.requests()}});
  }
  json::array classes;
  for (const v1::ErrorClassCount& count : stats.error_classes()) {
    classes.push_back(
        json::object{{"error_class", count.error_class()}, {"requests", count.requests()}});
  }
  return {{"exact", stats.exact()},
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
  absl::Status read = CheckLogParameters(request, {});
  if (read.ok()) read = ReadUsageFilter(request, caller, *question.mutable_filter());
  if (!read.ok()) return read;
  v1::StatsResponse answer;
  absl::Status asked = parts.usage.Stats(question, answer);
  if (!asked.ok()) return asked;
  return JsonResponse(200, StatsJson(answer));
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  absl::Status known = CheckParameters(request, {"before", "tz"});
  if (known.ok()) known = parts.sessions.CheckConfirmed(caller);
  if (!known.ok()) return known;
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
  return JsonResponse(200, json::object{{"kept_from", TimeJson(deleted->kept_from_ms)},
                                        {"days_dropped", deleted->days},
                                        {"requests_deleted", deleted->requests}});
}

}  // namespace

Routes LogRoutes(ResourceParts& parts) {
  return {
      {"GET", "/api/v1/admin/logs", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return List(parts, request, caller);
       }},
      {"DELETE", "/api/v1/admin/logs", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Delete(parts, request, caller);
       }},
      {"GET", "/api/v1/admin/logs/stats", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Stats(parts, request, caller);
       }},
      {"GET", "/api/v1/admin/logs/{id}", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Get(parts, request, caller);
       }},
      {"GET", "/api/v1/logs", Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return List(parts, request, AsUser(caller));
       }},
      {"GET", "/api/v1/logs/{id}", Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Get(parts, request, AsUser(caller));
       }},
  };
}

}  // namespace weir::admin
