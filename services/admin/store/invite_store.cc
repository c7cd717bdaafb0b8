#include "services/admin/store/invite_store.h"

#include <string>
#include <utility>
#include <vector>

namespace weir::admin::invite_store {
namespace {

const Table& TheTable() {
  static const Table table = {.name = "invites",
                              .what = "invite",
                              .columns = {"name", "code_hash", "email", "group_id", "expires_at_ms",
                                          "created_by", "used_by", "used_at_ms"},
                              .hidden = {"code_hash"}};
  return table;
}

Invite FromRow(const sql::Row& row) {
  Invite invite;
  ReadRecord(row, invite);
  std::size_t column = kRecordColumns;
  invite.name = row.Text(column++);
  invite.code_hash = row.Text(column++);
  invite.email = row.Text(column++);
  invite.group_id = row.Int(column++);
  invite.expires_at_ms = row.Int(column++);
  invite.created_by = row.Int(column++);
  invite.used_by = row.Int(column++);
  invite.used_at_ms = row.Int(column++);
  return invite;
}

std::vector<sql::Value> ValuesOf(const Invite& invite) {
  return {invite.name,          invite.code_hash,  invite.email,   invite.group_id,
          invite.expires_at_ms, invite.created_by, invite.used_by, invite.used_at_ms};
}

absl::StatusOr<Invite> FromStatus(absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  return FromRow(*row);
}

}  // namespace

absl::StatusOr<Invite> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<Invite> FindByCode(sql::Transaction& transaction, std::string_view code_hash) {
  return FromStatus(FindRow(transaction, TheTable(), "code_hash", std::string(code_hash)));
}

absl::StatusOr<Page<Invite>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  Page<Invite> page;
  page.total = rows->total;
  for (const sql::Row& row : rows->items) page.items.push_back(FromRow(row));
  return page;
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Invite& invite) {
  return InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(invite), invite);
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Invite& invite) {
  return UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(invite), invite);
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  return DeleteRow(transaction, changes, TheTable(), id);
}

}  // namespace weir::admin::invite_store
