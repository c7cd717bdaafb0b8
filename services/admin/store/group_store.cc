#include "services/admin/store/group_store.h"

#include <string>
#include <utility>

#include "services/admin/model/problem.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin::group_store {
namespace {

const Table& TheTable() {
  static const Table table = {
      .name = "key_groups",
      .what = "group",
      .columns = {"name", "remark", "status", "price_multiplier_ppm", "model_mapping", "fallbacks",
                  "system_prompt", "limits", "redis_away_policy", "cache", "cache_ttl_ms",
                  "allowed_ips", "native_only", "record_bodies"},
      .kind = ResourceKind::kGroup};
  return table;
}

Group FromRow(const sql::Row& row) {
  Group group;
  ReadRecord(row, group);
  std::size_t column = kRecordColumns;
  group.name = row.Text(column++);
  group.remark = row.Text(column++);
  group.status = FromWord<ActiveStatus>(row.Text(column++)).value_or(ActiveStatus::kDisabled);
  group.price_multiplier_ppm = row.Int(column++);
  group.model_mapping = DecodeMap(row.Text(column++));
  group.fallbacks = DecodeList(row.Text(column++));
  group.system_prompt = row.Text(column++);
  group.limits = DecodeLimits(row.Text(column++));
  group.redis_away_policy =
      FromWord<RedisAwayPolicy>(row.Text(column++)).value_or(RedisAwayPolicy::kDefault);
  group.cache = row.Int(column++) != 0;
  group.cache_ttl_ms = row.Int(column++);
  group.allowed_ips = DecodeList(row.Text(column++));
  group.native_only = row.Int(column++) != 0;
  group.record_bodies = row.Int(column++) != 0;
  return group;
}

std::vector<sql::Value> ValuesOf(const Group& group) {
  return {group.name,
          group.remark,
          std::string(WordOf(group.status)),
          group.price_multiplier_ppm,
          EncodeMap(group.model_mapping),
          EncodeList(group.fallbacks),
          group.system_prompt,
          EncodeLimits(group.limits),
          std::string(WordOf(group.redis_away_policy)),
          std::int64_t{group.cache},
          group.cache_ttl_ms,
          EncodeList(group.allowed_ips),
          std::int64_t{group.native_only},
          std::int64_t{group.record_bodies}};
}

absl::StatusOr<Group> FromStatus(absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  return FromRow(*row);
}

std::vector<Group> FromRows(const std::vector<sql::Row>& rows) {
  std::vector<Group> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  return items;
}

}  // namespace

absl::StatusOr<Group> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<Group> FindByName(sql::Transaction& transaction, std::string_view name) {
  return FromStatus(FindRow(transaction, TheTable(), "name", std::string(name)));
}

absl::StatusOr<Page<Group>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  return Page<Group>{.items = FromRows(rows->items), .total = rows->total};
}

absl::StatusOr<std::vector<Group>> After(sql::Transaction& transaction, std::int64_t after,
                                         std::int64_t limit) {
  auto rows = RowsAfter(transaction, TheTable(), after, limit);
  if (!rows.ok()) return rows.status();
  return FromRows(*rows);
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Group& group) {
  return InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(group), group);
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Group& group) {
  return UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(group), group);
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  if (id == kDefaultGroupId) return Conflict("the default group always exists");
  return DeleteRow(transaction, changes, TheTable(), id);
}

}  // namespace weir::admin::group_store
