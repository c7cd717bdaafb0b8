#include "services/admin/resources/resource.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLimitMax = 200;
constexpr std::int64_t kPageMax = 1'000'000;

// `%` and `_` of the searched text mean themselves.
std::string LikePattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

void ReadBounded(const Request& request, std::string_view name, std::int64_t max,
                 std::int64_t& value, FieldErrors& errors) {
  const std::string_view text = request.Query(name);
  if (text.empty()) return;
  if (!ParseInteger(text, value) || value < 1 || value > max) {
    errors.Add(name, StrCat("must be 1 to ", max));
  }
}

void ReadSort(const Request& request, std::initializer_list<Sort> sorts, ListQuery& query,
              FieldErrors& errors) {
  std::string_view name = request.Query("sort");
  if (name.empty()) return;
  query.descending = name.starts_with('-');
  if (query.descending) name.remove_prefix(1);
  std::string choices;
  for (const Sort& sort : sorts) {
    if (sort.name == name) {
      query.order_column = sort.column;
      return;
    }
    StrAppend(choices, choices.empty() ? "" : ", ", sort.name);
  }
  errors.Add("sort", StrCat("must be one of ", choices, ", with - before it for descending"));
}

void ReadFilter(const Request& request, const Filter& filter, ListQuery& query,
                FieldErrors& errors) {
  const std::string text(request.Query(filter.name));
  if (text.empty()) return;
  std::int64_t number = 0;
  switch (filter.kind) {
    case Filter::Kind::kText:
      query.conditions.push_back({filter.sql, {text}});
      return;
    case Filter::Kind::kContains:
      query.conditions.push_back({filter.sql, {LikePattern(ToLower(text))}});
      return;
    case Filter::Kind::kInteger:
      if (ParseInteger(text, number)) {
        query.conditions.push_back({filter.sql, {number}});
      } else {
        errors.Add(filter.name, "must be a whole number");
      }
      return;
  }
}

}  // namespace

Response JsonResponse(int status, const json::value& body) {
  Response response;
  response.status = status;
  response.body = json::serialize(body);
  return response;
}

Response RecordResponse(int status, const json::object& body, std::int64_t version) {
  Response response = JsonResponse(status, body);
  response.headers.emplace_back("ETag", StrCat("\"", version, "\""));
  return response;
}

Response NoContent() {
  Response response;
  response.status = 204;
  return response;
}

absl::StatusOr<json::object> ParseBody(const Request& request) {
  if (StripSpace(request.body).empty()) return json::object();
  json::error_code error;
  json::value value = json::parse(request.body, error);
  if (error || !value.is_object()) {
    return Problem(absl::StatusCode::kInvalidArgument, reason::kMalformedJson,
                   "the body must be a JSON object");
  }
  return std::move(value.as_object());
}

absl::Status CheckIfMatch(const Request& request, std::int64_t version) {
  std::string_view wanted = StripSpace(request.Header("if-match"));
  if (wanted.empty() || wanted == "*") return absl::OkStatus();
  if (wanted.starts_with("W/")) wanted.remove_prefix(2);
  if (wanted.size() >= 2 && wanted.front() == '"' && wanted.back() == '"') {
    wanted = wanted.substr(1, wanted.size() - 2);
  }
  std::int64_t number = 0;
  if (!ParseInteger(wanted, number)) {
    FieldErrors errors;
    errors.Add("If-Match", "must be the resource's version");
    return errors.ToStatus();
  }
  return number == version ? absl::OkStatus() : VersionConflict();
}

absl::Status NoteDeed(ResourceParts& parts, AuditEntry entry) {
  return parts.store.Change([&](sql::Transaction&, Changes& changes) {
    changes.Note(entry);
    return absl::OkStatus();
  });
}

absl::Status CheckParameters(const Request& request,
                             std::initializer_list<std::string_view> known) {
  FieldErrors errors;
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      errors.Add(name.substr(0, 100), "is not a known parameter");
    }
  }
  return errors.ToStatus();
}

absl::StatusOr<ListQuery> ParseList(const Request& request, std::initializer_list<Filter> filters,
                                    std::initializer_list<Sort> sorts,
                                    std::initializer_list<std::string_view> others) {
  ListQuery query;
  FieldErrors errors;
  std::int64_t page = 1;
  ReadBounded(request, "page", kPageMax, page, errors);
  ReadBounded(request, "limit", kLimitMax, query.limit, errors);
  query.offset = (page - 1) * query.limit;
  ReadSort(request, sorts, query, errors);
  for (const Filter& filter : filters) ReadFilter(request, filter, query, errors);
  for (const auto& [name, value] : request.query) {
    const bool known =
        name == "page" || name == "limit" || name == "sort" ||
        std::find(others.begin(), others.end(), name) != others.end() ||
        std::any_of(filters.begin(), filters.end(),
                    [&name = name](const Filter& filter) { return filter.name == name; });
    if (!known) errors.Add(name.substr(0, 100), "is not a known parameter");
  }
  if (!errors.empty()) return errors.ToStatus();
  return query;
}

Response ListResponse(json::array data, std::int64_t total, const ListQuery& query) {
  return JsonResponse(200, json::object{{"data", std::move(data)},
                                        {"total", total},
                                        {"page", query.offset / query.limit + 1},
                                        {"limit", query.limit}});
}

void AddLastUsed(json::array& records, const UsageClient::LastUsedTimes& times) {
  for (json::value& value : records) {
    json::object& record = value.as_object();
    const auto found = times.find(record.at("id").as_int64());
    record["last_used_at"] = TimeJson(found == times.end() ? 0 : found->second);
  }
}

Routes AllRoutes(ResourceParts& parts) {
  Routes all;
  for (Routes (*make)(ResourceParts&) :
       {AuthRoutes,      SessionRoutes,  SecondFactorRoutes, UserRoutes,        ApiKeyRoutes,
        GroupRoutes,     AccountRoutes,  ExplainRoutes,      PriceRoutes,       UnpricedRoutes,
        RerateRoutes,    SettingsRoutes, ModelRoutes,        ModelRouteRoutes,  LogRoutes,
        BodyRoutes,      UsageRoutes,    UsageSeriesRoutes,  UsageExportRoutes, KeyUsageRoutes,
        ReconcileRoutes, AuditRoutes,    TaskRoutes,         StatusRoutes}) {
    Routes some = make(parts);
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

}  // namespace weir::admin
