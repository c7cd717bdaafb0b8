#include "services/admin/resources/bulk.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "libs/common/text.h"
#include "services/admin/http/api_error.h"
#include "services/admin/http/query_check.h"
#include "services/admin/json/body_reader.h"
#include "services/admin/json/describe.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kPageRows = 200;

// What the records are listed, changed and deleted by.
struct Members {
  Route list;
  Route patch;
  Route remove;
};

struct Bulk {
  std::vector<std::int64_t> ids = {};
  std::optional<json::object> filter = {};
  std::int64_t expect_count = -1;
  json::object change = {};
  bool remove = false;
};

void DescribeBody(BodyReader& reader, const Members& members) {
  Bulk bulk;
  reader.Require({"expect_count"});
  reader.Ids("ids", bulk.ids);
  reader.Object("filter");
  reader.Integer("expect_count", bulk.expect_count);
  reader.Flag("delete", bulk.remove);
  if (const auto change = reader.Object("change")) members.patch.doc.body(*change);
}

// An object whose members are for others to read.
std::optional<json::object> ObjectOf(const json::object& body, std::string_view name,
                                     FieldErrors& errors) {
  const json::value* value = body.if_contains({name.data(), name.size()});
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_object()) return value->get_object();
  errors.Add(name, "must be an object");
  return std::nullopt;
}

absl::StatusOr<Bulk> ReadBulk(const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  Bulk bulk;
  reader.Require({"expect_count"});
  reader.Ids("ids", bulk.ids);
  reader.Integer("expect_count", bulk.expect_count);
  reader.Flag("delete", bulk.remove);
  reader.Ignore({"filter", "change"});
  reader.Finish();
  bulk.filter = ObjectOf(*body, "filter", errors);
  bulk.change = ObjectOf(*body, "change", errors).value_or(json::object());
  if (bulk.ids.empty() == !bulk.filter.has_value()) {
    errors.Add("ids", "or filter must say which, one of them");
  }
  if (bulk.change.empty() != bulk.remove) {
    errors.Add("change", "must change something, or delete be true, one of them");
  }
  if (!errors.empty()) return errors.ToStatus();
  std::sort(bulk.ids.begin(), bulk.ids.end());
  bulk.ids.erase(std::unique(bulk.ids.begin(), bulk.ids.end()), bulk.ids.end());
  return bulk;
}

std::string TextOf(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

// As if the caller had asked for the list.
Request ListRequest(const Request& request, const json::object& filter, std::int64_t page) {
  Request list;
  list.method = "GET";
  list.client_ip = request.client_ip;
  list.request_id = request.request_id;
  for (const auto& member : filter) {
    const std::string name(member.key());
    if (!member.value().is_array()) {
      list.query.emplace(name, TextOf(member.value()));
      continue;
    }
    for (const json::value& one : member.value().get_array()) list.query.emplace(name, TextOf(one));
  }
  list.query.emplace("limit", StrCat(kPageRows));
  list.query.emplace("page", StrCat(page));
  return list;
}

absl::Status TooMany() {
  FieldErrors errors;
  errors.Add("filter", StrCat("gives more than ", kBulkRecordsMax, "; narrow it"));
  return errors.ToStatus();
}

absl::StatusOr<std::vector<std::int64_t>> IdsOf(const Members& members, const Request& request,
                                                const Caller& caller, const json::object& filter) {
  std::vector<std::int64_t> ids;
  for (std::int64_t page = 1; true; ++page) {
    const Request list = ListRequest(request, filter, page);
    absl::Status good = CheckQuery(list, members.list.doc.query);
    if (!good.ok()) return good;
    const absl::StatusOr<Response> answer = members.list.handle(list, caller);
    if (!answer.ok()) return answer.status();
    const json::value body = json::parse(answer->body);
    if (body.at("total").as_int64() > kBulkRecordsMax) return TooMany();
    const json::array& rows = body.at("data").as_array();
    for (const json::value& row : rows) ids.push_back(row.at("id").as_int64());
    if (static_cast<std::int64_t>(rows.size()) < kPageRows) break;
  }
  // One that moved to the next page meanwhile is there twice.
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

json::value FailureJson(std::int64_t id, const Response& refused) {
  json::object failure = json::parse(refused.body).as_object();
  failure.erase("request_id");
  failure["id"] = id;
  failure["status"] = refused.status;
  return failure;
}

json::object AnswerJson(json::array changed, json::array failed) {
  return {{"changed", std::move(changed)}, {"failed", std::move(failed)}};
}

json::value AnswerShape() {
  const Request nobody;
  const Response refused = ErrorResponse(NotFound("record"), nobody);
  json::object failure = FailureJson(0, refused).as_object();
  failure["fields"] = Anything({});
  json::array changed;
  changed.emplace_back(0);
  json::array failed;
  failed.push_back(std::move(failure));
  return AnswerJson(std::move(changed), std::move(failed));
}

absl::StatusOr<Response> Change(const Members& members, const Request& request,
                                const Caller& caller) {
  auto bulk = ReadBulk(request);
  if (!bulk.ok()) return bulk.status();
  if (bulk->filter.has_value()) {
    auto ids = IdsOf(members, request, caller, *bulk->filter);
    if (!ids.ok()) return ids.status();
    bulk->ids = *std::move(ids);
  }
  const auto count = static_cast<std::int64_t>(bulk->ids.size());
  if (count > kBulkRecordsMax) return TooMany();
  if (count != bulk->expect_count) {
    return Conflict(
        StrCat("there are ", count, " of them, not ", bulk->expect_count, "; nothing was changed"));
  }
  const Route& route = bulk->remove ? members.remove : members.patch;
  if (route.access == Access::kAdmin && !caller.is_admin()) {
    return NotAllowed("only administrators may do this");
  }
  Request one = request;
  one.method = route.method;
  one.body = bulk->remove ? "" : json::serialize(bulk->change);
  one.headers.erase("if-match");
  json::array changed;
  json::array failed;
  for (const std::int64_t id : bulk->ids) {
    one.path_params["id"] = StrCat(id);
    const absl::StatusOr<Response> done = route.handle(one, caller);
    // Who may not do it may not do any of it.
    if (absl::IsPermissionDenied(done.status()) && changed.empty()) return done.status();
    if (done.ok()) {
      changed.emplace_back(id);
    } else {
      failed.push_back(FailureJson(id, ErrorResponse(done.status(), one)));
    }
  }
  return JsonResponse(200, AnswerJson(std::move(changed), std::move(failed)));
}

Route RouteOf(const Routes& routes, std::string_view method, const std::string& path) {
  return *std::find_if(routes.begin(), routes.end(), [&](const Route& route) {
    return route.method == method && route.path == path;
  });
}

}  // namespace

Route BulkRoute(const Routes& routes, std::string_view collection, std::string_view path,
                std::string_view summary) {
  const auto members = std::make_shared<const Members>(
      Members{RouteOf(routes, "GET", std::string(collection)),
              RouteOf(routes, "PATCH", StrCat(collection, "/{id}")),
              RouteOf(routes, "DELETE", StrCat(collection, "/{id}"))});
  return {"POST",
          path,
          members->patch.access,
          [members](const Request& request, const Caller& caller) {
            return Change(*members, request, caller);
          },
          {.summary = summary,
           .body = [members](BodyReader& reader) { DescribeBody(reader, *members); },
           .answers = {Answers(AnswerShape)},
           .refusals = {409},
           .about = "`filter` is the list's query. Each record is changed as by PATCH, or with "
                    "`delete` deleted; what fails is in `failed` and stops none of the others."}};
}

}  // namespace weir::admin
