// /api/v1/admin/accounts/{id}/history: how an account came to be as it is.
#include "services/admin/store/account_history.h"

#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::object HistoryJson(const AccountHistoryEntry& entry) {
  return {{"at", TimeJson(entry.at_ms)},
          {"model", TextOrNull(entry.model)},
          {"status", WordJson(entry.status)},
          {"reason", TextOrNull(entry.reason)},
          {"source", entry.source},
          {"until", TimeJson(entry.until_ms)},
          {"http_status", IntegerOrNull(entry.http_status)},
          {"request_id", TextOrNull(entry.request_id)},
          {"seen_by", TextOrNull(entry.seen_by)}};
}

ListRules Rules() {
  return {.filters = {{"model", "model = ?"}, {"source", "source = ?"}},
          .sorts = {{"at", "created_at_ms"}}};
}

absl::StatusOr<Response> History(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  if (request.Query("sort").empty()) query->descending = true;
  auto page = ReadValue(
      parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<Page<AccountHistoryEntry>> {
        auto account = account_store::Get(transaction, *id);
        if (!account.ok()) return account.status();
        return account_history::List(transaction, *id, *query);
      });
  if (!page.ok()) return page.status();
  json::array data;
  for (const AccountHistoryEntry& entry : page->items) data.push_back(HistoryJson(entry));
  return ListResponse(std::move(data), page->total, *query);
}

}  // namespace

Routes AccountHistoryRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/accounts/{id}/history",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return History(parts, request); },
       {.summary = "Show how an account came to be as it is",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(
            [] { return Named("AccountHistoryEntry", HistoryJson(AccountHistoryEntry())); })}}},
  };
}

}  // namespace weir::admin
