#include "services/admin/store/route_store.h"

#include <map>
#include <string>
#include <utility>

#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/group_links.h"
#include "services/admin/store/route_columns.h"

namespace weir::admin::route_store {
namespace {

constexpr GroupLinks kGroups = {.table = "model_route_groups", .column = "route_id"};

const Table& TheTable() {
  static const Table table = {.name = "model_routes",
                              .what = "route",
                              .columns = {"name", "model", "position", "status", "upstream_model",
                                          "rules", "fallbacks", "options"},
                              .kind = ResourceKind::kRoute};
  return table;
}

ModelRoute FromRow(const sql::Row& row) {
  ModelRoute route;
  ReadRecord(row, route);
  std::size_t column = kRecordColumns;
  route.name = row.Text(column++);
  route.model = row.Text(column++);
  route.position = row.Int(column++);
  route.status = FromWord<ActiveStatus>(row.Text(column++)).value_or(ActiveStatus::kDisabled);
  route.upstream_model = row.Text(column++);
  route.rules = DecodeRules(row.Text(column++));
  route.fallbacks = DecodeList(row.Text(column++));
  DecodeRouteOptions(row.Text(column++), route);
  return route;
}

std::vector<sql::Value> ValuesOf(const ModelRoute& route) {
  return {route.name,
          route.model,
          route.position,
          std::string(WordOf(route.status)),
          route.upstream_model,
          EncodeRules(route.rules),
          EncodeList(route.fallbacks),
          EncodeRouteOptions(route)};
}

absl::StatusOr<std::vector<ModelRoute>> FromRows(sql::Transaction& transaction,
                                                 const std::vector<sql::Row>& rows) {
  std::vector<ModelRoute> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  std::map<std::int64_t, std::vector<std::int64_t>*> groups;
  for (ModelRoute& route : items) groups[route.id] = &route.group_ids;
  absl::Status loaded = LoadGroupLinks(transaction, kGroups, groups);
  if (!loaded.ok()) return loaded;
  return items;
}

absl::StatusOr<ModelRoute> FromStatus(sql::Transaction& transaction, absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  auto items = FromRows(transaction, {*row});
  if (!items.ok()) return items.status();
  return std::move(items->front());
}

}  // namespace

absl::StatusOr<ModelRoute> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(transaction, ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<ModelRoute> FindByName(sql::Transaction& transaction, std::string_view name) {
  return FromStatus(transaction, FindRow(transaction, TheTable(), "name", std::string(name)));
}

absl::StatusOr<Page<ModelRoute>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  auto items = FromRows(transaction, rows->items);
  if (!items.ok()) return items.status();
  return Page<ModelRoute>{.items = std::move(*items), .total = rows->total};
}

absl::StatusOr<std::vector<ModelRoute>> After(sql::Transaction& transaction, std::int64_t after,
                                              std::int64_t limit) {
  auto rows = RowsAfter(transaction, TheTable(), after, limit);
  if (!rows.ok()) return rows.status();
  return FromRows(transaction, *rows);
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ModelRoute& route) {
  absl::Status done = InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(route), route);
  if (done.ok()) done = WriteGroupLinks(transaction, changes, kGroups, route.id, route.group_ids);
  return done;
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ModelRoute& route) {
  absl::Status done = UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(route), route);
  if (done.ok()) done = WriteGroupLinks(transaction, changes, kGroups, route.id, route.group_ids);
  return done;
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  return DeleteRow(transaction, changes, TheTable(), id);
}

}  // namespace weir::admin::route_store
