#include "services/admin/store/api_key_store.h"

#include <string>
#include <utility>

#include "services/admin/model/problem.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin::api_key_store {
namespace {

const Table& TheTable() {
  static const Table table = {
      .name = "api_keys",
      .what = "API key",
      .columns = {"user_id", "name", "key_hash", "key_hint", "status", "group_id", "expires_at_ms",
                  "allowed_models", "allowed_ips", "limits", "system_prompt", "cache", "managed",
                  "record_bodies", "previous_key_hash", "previous_key_hint", "previous_until_ms"},
      .kind = ResourceKind::kApiKey,
      .hidden = {"key_hash", "previous_key_hash"},
      .searched = {"name"},
      .counted = true,
      .orders = {{"id", "sqlite_autoindex_api_keys_1"},
                 {"name", "api_keys_name"},
                 {"created_at_ms", "api_keys_created"},
                 {"expires_at_ms", "api_keys_expires"}}};
  return table;
}

ApiKey FromRow(const sql::Row& row) {
  ApiKey key;
  ReadRecord(row, key);
  std::size_t column = kRecordColumns;
  key.user_id = row.Int(column++);
  key.name = row.Text(column++);
  key.key_hash = BytesOfHex(row.Text(column++));
  key.key_hint = row.Text(column++);
  key.status = FromWord<ActiveStatus>(row.Text(column++)).value_or(ActiveStatus::kDisabled);
  key.group_id = row.Int(column++);
  key.expires_at_ms = row.Int(column++);
  key.allowed_models = DecodeList(row.Text(column++));
  key.allowed_ips = DecodeList(row.Text(column++));
  key.limits = DecodeLimits(row.Text(column++));
  key.system_prompt = row.Text(column++);
  key.cache = row.Int(column++) != 0;
  key.managed = row.Int(column++) != 0;
  key.record_bodies = row.Int(column++) != 0;
  key.previous_key_hash = BytesOfHex(row.Text(column++));
  key.previous_key_hint = row.Text(column++);
  key.previous_until_ms = row.Int(column++);
  return key;
}

std::vector<sql::Value> ValuesOf(const ApiKey& key) {
  return {key.user_id,
          key.name,
          HexOf(key.key_hash),
          key.key_hint,
          std::string(WordOf(key.status)),
          key.group_id,
          key.expires_at_ms,
          EncodeList(key.allowed_models),
          EncodeList(key.allowed_ips),
          EncodeLimits(key.limits),
          key.system_prompt,
          std::int64_t{key.cache ? 1 : 0},
          std::int64_t{key.managed ? 1 : 0},
          std::int64_t{key.record_bodies ? 1 : 0},
          HexOf(key.previous_key_hash),
          key.previous_key_hint,
          key.previous_until_ms};
}

absl::StatusOr<ApiKey> FromStatus(absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  return FromRow(*row);
}

std::vector<ApiKey> FromRows(const std::vector<sql::Row>& rows) {
  std::vector<ApiKey> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  return items;
}

}  // namespace

absl::StatusOr<ApiKey> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<ApiKey> FindByHash(sql::Transaction& transaction, std::string_view sha256,
                                  std::int64_t now_ms) {
  auto key = FromStatus(FindRow(transaction, TheTable(), "key_hash", HexOf(sha256)));
  if (!absl::IsNotFound(key.status()) || sha256.empty()) return key;
  // The second half of the condition is what the index is for.
  const ListQuery rotated = {
      .conditions = {{"previous_key_hash = ? AND previous_key_hash <> ''", {HexOf(sha256)}},
                     {"previous_until_ms > ?", {now_ms}}},
      .limit = 1,
      .with_total = false};
  auto page = List(transaction, rotated);
  if (!page.ok()) return page.status();
  if (page->items.empty()) return NotFound(TheTable().what);
  return std::move(page->items.front());
}

absl::StatusOr<ApiKey> FindByName(sql::Transaction& transaction, std::int64_t user_id,
                                  std::string_view name) {
  const ListQuery query = {
      .conditions = {{"user_id = ? AND name = ?", {user_id, std::string(name)}}},
      .limit = 1,
      .with_total = false};
  auto page = List(transaction, query);
  if (!page.ok()) return page.status();
  if (page->items.empty()) return NotFound(TheTable().what);
  return std::move(page->items.front());
}

absl::StatusOr<Page<ApiKey>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  return Page<ApiKey>{.items = FromRows(rows->items), .total = rows->total};
}

absl::StatusOr<std::vector<ApiKey>> After(sql::Transaction& transaction, std::int64_t after,
                                          std::int64_t limit) {
  auto rows = RowsAfter(transaction, TheTable(), after, limit);
  if (!rows.ok()) return rows.status();
  return FromRows(*rows);
}

namespace {

// Keys that we make are random; one that weir.yaml names may be what another was called before.
absl::Status CheckNotPrevious(sql::Transaction& transaction, const ApiKey& key) {
  auto other = transaction.Execute(
      "SELECT id FROM api_keys WHERE previous_key_hash = $1 AND previous_key_hash <> '' AND id <> "
      "$2",
      {HexOf(key.key_hash), key.id});
  if (!other.ok()) return other.status();
  if (other->rows.empty()) return absl::OkStatus();
  return Conflict("another API key had this text until lately");
}

}  // namespace

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ApiKey& key) {
  if (absl::Status free = CheckNotPrevious(transaction, key); !free.ok()) return free;
  return InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(key), key);
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ApiKey& key) {
  if (absl::Status free = CheckNotPrevious(transaction, key); !free.ok()) return free;
  return UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(key), key);
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  return DeleteRow(transaction, changes, TheTable(), id);
}

absl::Status DeleteOfUser(sql::Transaction& transaction, Changes& changes, std::int64_t user_id) {
  auto gone =
      transaction.Execute("DELETE FROM api_keys WHERE user_id = $1 RETURNING id, name", {user_id});
  if (!gone.ok()) return gone.status();
  for (const sql::Row& row : gone->rows) {
    changes.Add(ResourceKind::kApiKey, row.Int(0));
    changes.Note({std::string(TheTable().what), row.Int(0), row.Text(1), "delete", {}});
  }
  return absl::OkStatus();
}

}  // namespace weir::admin::api_key_store
