#include "services/admin/resources/resource.h"

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

constexpr std::int64_t kLimitUsual = 20;

// The router has checked that it is one.
std::int64_t NumberOf(const Request& request, std::string_view name, std::int64_t otherwise) {
  std::int64_t number = 0;
  return ParseInteger(request.Query(name), number) ? number : otherwise;
}

void ReadSort(const Request& request, const std::vector<Sort>& sorts, ListQuery& query) {
  std::string_view name = request.Query("sort");
  query.descending = name.starts_with('-');
  if (query.descending) name.remove_prefix(1);
  for (const Sort& sort : sorts) {
    if (sort.name == name && !sort.column.empty()) query.order_column = sort.column;
  }
}

void ReadFilter(const Request& request, const Filter& filter, ListQuery& query) {
  const std::string text(request.Query(filter.name));
  if (text.empty()) return;
  switch (filter.kind) {
    case Filter::Kind::kText:
      query.conditions.push_back({filter.sql, {text}});
      return;
    case Filter::Kind::kContains:
      query.searches.push_back({filter.sql, text});
      return;
    case Filter::Kind::kInteger:
      query.conditions.push_back({filter.sql, {NumberOf(request, filter.name, 0)}});
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

QueryParameters ParametersOf(const ListRules& rules) {
  QueryParameters parameters = {IntegerParameter("page", 1, kPageMax),
                                IntegerParameter("limit", 1, kLimitMax)};
  for (const Filter& filter : rules.filters) {
    if (filter.kind == Filter::Kind::kInteger) {
      parameters.push_back(IdParameter(filter.name));
    } else if (!filter.words.empty()) {
      parameters.push_back(WordParameter(filter.name, filter.words));
    } else {
      parameters.push_back(TextParameter(
          filter.name, filter.kind == Filter::Kind::kContains ? "a part of it, in any case" : ""));
    }
  }
  std::vector<std::string_view> orders;
  for (const Sort& sort : rules.sorts) orders.push_back(sort.name);
  parameters.push_back(OrderParameter(std::move(orders)));
  return Joined(std::move(parameters), rules.others);
}

absl::StatusOr<ListQuery> ParseList(const Request& request, const ListRules& rules) {
  ListQuery query;
  query.limit = NumberOf(request, "limit", kLimitUsual);
  query.offset = (NumberOf(request, "page", 1) - 1) * query.limit;
  ReadSort(request, rules.sorts, query);
  for (const Filter& filter : rules.filters) ReadFilter(request, filter, query);
  return query;
}

namespace {

json::object ListBody(json::array data, const RowTotal& total, std::int64_t page,
                      std::int64_t limit) {
  return {{"data", std::move(data)},
          {"total", total.rows},
          {"total_at_least", total.at_least},
          {"page", page},
          {"limit", limit}};
}

}  // namespace

Response ListResponse(json::array data, const RowTotal& total, const ListQuery& query) {
  return JsonResponse(
      200, ListBody(std::move(data), total, query.offset / query.limit + 1, query.limit));
}

Answer Answers(Shape shape, int status) { return {.status = status, .shape = std::move(shape)}; }

Answer AnswersList(Shape item) {
  return Answers([item = std::move(item)] {
    json::array data;
    data.push_back(item());
    return ListBody(std::move(data), RowTotal(), 1, kLimitUsual);
  });
}

Answer AnswersData(Shape item) {
  return Answers([item = std::move(item)] {
    json::array data;
    data.push_back(item());
    return json::object{{"data", std::move(data)}};
  });
}

Answer AnswersNothing() { return {.status = 204}; }

Answer AnswersFile(std::string_view content_type) { return {.content_type = content_type}; }

void AddLastUsed(json::array& records, const UsageGlance::LastUsedTimes& times) {
  for (json::value& value : records) {
    json::object& record = value.as_object();
    const auto found = times.find(record.at("id").as_int64());
    record["last_used_at"] = TimeJson(found == times.end() ? 0 : found->second);
  }
}

namespace {

struct Part {
  std::string_view tag;  // of the contract
  Routes (*make)(ResourceParts&);
};

constexpr Part kParts[] = {{"Set-up", SetupRoutes},
                           {"Log-in", RegistrationRoutes},
                           {"Log-in", OidcRoutes},
                           {"Users", IdentityRoutes},
                           {"Users", InviteRoutes},
                           {"Keys", KeyRotationRoutes},
                           {"Keys", PlaygroundTokenRoutes},
                           {"Keys", KeyWindowRoutes},
                           {"Log-in", AuthRoutes},
                           {"Log-in", SessionRoutes},
                           {"Log-in", SecondFactorRoutes},
                           {"Users", UserRoutes},
                           {"Keys", ApiKeyRoutes},
                           {"Groups", GroupRoutes},
                           {"Accounts", AccountRoutes},
                           {"Accounts", AccountHistoryRoutes},
                           {"Accounts", AccountTestRoutes},
                           {"Accounts", AccountCheckRoutes},
                           {"Accounts", AccountExportRoutes},
                           {"Accounts", AccountImportRoutes},
                           {"Accounts", ExplainRoutes},
                           {"Prices", PriceRoutes},
                           {"Prices", UnpricedRoutes},
                           {"Usage", RerateRoutes},
                           {"Settings", SettingsRoutes},
                           {"Models", ModelRoutes},
                           {"Models", ModelRouteRoutes},
                           {"Logs", LogRoutes},
                           {"Logs", ConflictRoutes},
                           {"Logs", BodyRoutes},
                           {"Usage", UsageRoutes},
                           {"Usage", UsageSeriesRoutes},
                           {"Usage", UsageErrorRoutes},
                           {"Usage", UsageLatencyRoutes},
                           {"Usage", UsageExportRoutes},
                           {"Keys", KeyUsageRoutes},
                           {"Usage", ReconcileRoutes},
                           {"Audit", AuditRoutes},
                           {"Tasks", TaskRoutes},
                           {"Alerts", AlertRoutes},
                           {"Operation", StatusRoutes}};

}  // namespace

Routes AllRoutes(ResourceParts& parts) {
  Routes all;
  for (const Part& part : kParts) {
    for (Route& route : part.make(parts)) {
      route.tag = part.tag;
      all.push_back(std::move(route));
    }
  }
  AddContractRoutes(all);
  return all;
}

}  // namespace weir::admin
