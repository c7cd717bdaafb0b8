// /api/v1/admin/audit: who changed what, and when.
#include "services/admin/store/audit.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/time_text.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

// Of any type.
json::value ValueJson(const std::string& text) {
  return Anything(text.empty() ? json::value() : json::parse(text));
}

json::object EntryJson(const AuditRow& entry) {
  json::array fields = ListJson(entry.fields, [](const FieldChange& change) {
    return json::object{
        {"field", change.field}, {"from", ValueJson(change.from)}, {"to", ValueJson(change.to)}};
  });
  const Actor& actor = entry.actor;
  return {{"id", entry.id},
          {"at", TimeJson(entry.mark.at_ms)},
          {"revision", IntegerOrNull(entry.mark.revision)},
          {"user_id", IntegerOrNull(actor.user_id)},
          {"actor", actor.name},
          {"client_ip", actor.client_ip},
          {"request_id", actor.request_id},
          {"action", entry.action},
          {"resource", entry.resource},
          {"resource_id", entry.resource_id},
          {"resource_name", entry.resource_name},
          {"changes", std::move(fields)}};
}

void AddTime(const Request& request, std::string_view name, std::string_view comparison,
             ListQuery& query, FieldErrors& errors) {
  const std::string_view text = request.Query(name);
  if (text.empty()) return;
  const auto time = ParseTime(text);
  if (!time.ok()) return errors.Add(name, View(time.status().message()));
  // The comparison is ours, and outlives the query.
  query.conditions.push_back({comparison, {*time}});
}

ListRules Rules() {
  return {.filters = {{"id", "id = ?", Filter::Kind::kInteger},
                      {"user_id", "user_id = ?", Filter::Kind::kInteger},
                      {"resource", "resource = ?"},
                      {"resource_name", "resource_name = ?"},
                      {"resource_id", "resource_id = ?", Filter::Kind::kInteger},
                      {"request_id", "request_id = ?"},
                      {"revision", "revision = ?", Filter::Kind::kInteger},
                      {"action", "action = ?"}},
          .sorts = {{"at", kAuditTime}},
          .others = {TextParameter("from", kTimeForm), TextParameter("to", kTimeForm),
                     FlagParameter("has_revision")}};
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  FieldErrors errors;
  AddTime(request, "from", "created_at_ms >= ?", *query, errors);
  AddTime(request, "to", "created_at_ms < ?", *query, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (const std::string_view revised = request.Query("has_revision"); !revised.empty()) {
    query->conditions.push_back({revised == "true" ? "revision > 0" : "revision = 0", {}});
  }
  if (request.Query("sort").empty()) query->descending = true;
  auto page = ReadValue(
      parts.store, [&](sql::Transaction& transaction) { return ListAudit(transaction, *query); });
  if (!page.ok()) return page.status();
  json::array data;
  for (const AuditRow& entry : page->items) data.push_back(EntryJson(entry));
  return ListResponse(std::move(data), page->total, *query);
}

}  // namespace

Routes AuditRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/audit",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List who changed what, the newest first",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList([] { return Named("AuditEntry", EntryJson(AuditRow())); })}}},
  };
}

}  // namespace weir::admin
