// /api/v1/admin/models: how requests for models are routed; for administrators.
#include <utility>

#include <boost/json/array.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/route_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

ListRules Rules() {
  return {.filters = {{"name", "name", Filter::Kind::kContains},
                      {"model", "model = ?"},
                      {"status", "status = ?", Filter::Kind::kText, WordsOf<ActiveStatus>()}},
          .sorts = {{"position", "position"},
                    {"id", "id"},
                    {"name", "name"},
                    {"created_at", "created_at_ms"}}};
}

json::value RouteShape() { return Named("Route", RouteJson(ModelRoute())); }

void DescribeBody(BodyReader& reader) {
  ModelRoute route;
  ReadRoute(reader, route);
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return route_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  for (const ModelRoute& route : page->items) data.push_back(RouteJson(route));
  return ListResponse(std::move(data), page->total, *query);
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto route = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return route_store::Get(transaction, *id);
  });
  if (!route.ok()) return route.status();
  return RecordResponse(200, RouteJson(*route), route->version);
}

absl::Status ReadBody(const json::object& body, ModelRoute& route) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  ReadRoute(reader, route);
  reader.Finish();
  Validate(route, errors);
  return errors.ToStatus();
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  ModelRoute route;
  if (absl::Status read = ReadBody(*body, route); !read.ok()) return read;
  absl::Status stored = parts.store.Change([&](sql::Transaction& transaction, Changes& changes) {
    return route_store::Insert(transaction, changes, parts.store.NowMs(), route);
  });
  if (!stored.ok()) return stored;
  return RecordResponse(201, RouteJson(route), route.version);
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, bool whole) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto route = ChangeValue(
      parts.store,
      [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<ModelRoute> {
        auto before = route_store::Get(transaction, *id);
        if (!before.ok()) return before.status();
        if (auto match = CheckIfMatch(request, before->version); !match.ok()) return match;
        ModelRoute changed = whole ? ModelRoute() : *before;
        static_cast<Record&>(changed) = *before;
        if (auto read = ReadBody(*body, changed); !read.ok()) return read;
        auto done = route_store::Update(transaction, changes, parts.store.NowMs(), changed);
        if (!done.ok()) return done;
        return changed;
      });
  if (!route.ok()) return route.status();
  return RecordResponse(200, RouteJson(*route), route->version);
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto route = route_store::Get(transaction, *id);
        if (!route.ok()) return route.status();
        if (auto match = CheckIfMatch(request, route->version); !match.ok()) return match;
        return route_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

}  // namespace

Routes ModelRouteRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/models",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List routes",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(RouteShape)}}},
      {"POST",
       "/api/v1/admin/models",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Create(parts, request); },
       {.summary = "Make a route", .body = DescribeBody, .answers = {Answers(RouteShape, 201)}}},
      {"GET",
       "/api/v1/admin/models/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Get(parts, request); },
       {.summary = "Show a route", .answers = {Answers(RouteShape)}}},
      {"PUT",
       "/api/v1/admin/models/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Change(parts, request, true); },
       {.summary = "Change a route as a whole",
        .body = DescribeBody,
        .answers = {Answers(RouteShape)},
        .guarded = true}},
      {"PATCH",
       "/api/v1/admin/models/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Change(parts, request, false); },
       {.summary = "Change a part of a route",
        .body = DescribeBody,
        .answers = {Answers(RouteShape)},
        .guarded = true}},
      {"DELETE",
       "/api/v1/admin/models/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Delete(parts, request); },
       {.summary = "Delete a route", .answers = {AnswersNothing()}, .guarded = true}},
  };
}

}  // namespace weir::admin
