// /api/v1/admin/logs and /api/v1/logs: the request log, out of usage's ledger.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
#include "weir/v1/query.pb.h"

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

absl::Status CheckNames(const Request& request, std::initializer_list<std::string_view> others) {
  FieldErrors errors;
  const auto among = [](const auto& names, std::string_view name) {
    for (const std::string_view known : names) {
      if (known == name) return true;
    }
    return false;
  };
  for (const auto& [name, value] : request.query) {
    if (!among(kUsageFilterNames, name) && !among(others, name)) {
      errors.Add(name.substr(0, 100), "is not a known parameter");
    }
  }
  return errors.ToStatus();
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request, const Caller& caller) {
  absl::Status read = CheckNames(request, {"page", "limit", "sort", "cursor"});
  v1::ListEventsRequest list;
  std::int64_t page = 1;
  if (read.ok()) read = ReadPage(request, list, page);
  if (read.ok()) read = ReadUsageFilter(request, caller, *list.mutable_filter());
  if (!read.ok()) return read;
  v1::ListEventsResponse answer;
  absl::Status asked = parts.usage.ListEvents(list, answer);
  if (!asked.ok()) return asked;
  json::array data;
  for (const v1::UsageEvent& event : answer.events()) data.push_back(LogJson(event, false));
  json::object body = {{"data", std::move(data)}, {"page", page}, {"limit", list.limit()}};
  if (list.with_total()) body["total"] = answer.total();
  body["next_cursor"] =
      answer.next_cursor().empty() ? json::value() : json::value(answer.next_cursor());
  return JsonResponse(200, body);
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  const auto found = request.path_params.find("id");
  auto id = UuidFromText(found->second);
  if (!id.ok()) return NotFound("log");
  v1::GetEventResponse answer;
  absl::Status asked = parts.usage.GetEvent(*id, answer);
  if (!asked.ok()) return asked;
  return JsonResponse(200, LogJson(answer.event(), /*detail=*/true));
}

// Totals over all that match, and by model. Only what the roll-ups are kept by can narrow it.
absl::StatusOr<Response> Stats(ResourceParts& parts, const Request& request, const Caller& caller) {
  v1::SummarizeRequest summarize;
  absl::Status read = CheckParameters(
      request, {"from", "to", "user_id", "key_id", "group_id", "account_id", "model", "scope"});
  if (read.ok()) read = ReadUsageFilter(request, caller, *summarize.mutable_filter());
  if (!read.ok()) return read;
  v1::SummarizeResponse totals;
  absl::Status asked = parts.usage.Summarize(summarize, totals);
  v1::SummarizeResponse models;
  summarize.add_by(v1::DIMENSION_MODEL);
  if (asked.ok()) asked = parts.usage.Summarize(summarize, models);
  if (!asked.ok()) return asked;
  json::object body = TotalsJson(totals.rows_size() > 0 ? totals.rows(0) : v1::SummaryRow());
  json::array by_model;
  for (const v1::SummaryRow& row : models.rows()) {
    json::object entry = {{"model", row.model()}};
    const json::object counts = TotalsJson(row);
    entry.insert(counts.begin(), counts.end());
    by_model.push_back(std::move(entry));
  }
  body["by_model"] = std::move(by_model);
  return JsonResponse(200, body);
}

}  // namespace

Routes LogRoutes(ResourceParts& parts) {
  return {
      {"GET", "/api/v1/admin/logs", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return List(parts, request, caller);
       }},
      {"GET", "/api/v1/admin/logs/stats", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Stats(parts, request, caller);
       }},
      {"GET", "/api/v1/admin/logs/{id}", Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Get(parts, request); }},
      {"GET", "/api/v1/logs", Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         Caller own = caller;
         own.user.role = Role::kUser;  // one's own, for administrators too
         return List(parts, request, own);
       }},
  };
}

}  // namespace weir::admin
