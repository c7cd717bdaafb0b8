#include "services/admin/store/user_store.h"

#include <string>
#include <utility>

#include "services/admin/model/problem.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin::user_store {
namespace {

// Who counts the administrators, and then changes who is one.
constexpr std::string_view kAdminsLock = "administrators";

const Table& TheTable() {
  static const Table table = {
      .name = "users",
      .what = "user",
      .columns = {"username", "name", "email", "role", "status", "group_id", "limits",
                  "password_hash", "last_login_at_ms", "allowed_ips", "must_change_password"},
      .kind = ResourceKind::kUser,
      .title = "username",
      .hidden = {"password_hash"},
      .searched = {"username", "name", "email"},
      .counted = true,
      .orders = {{"id", "sqlite_autoindex_users_1"},
                 {"username", "users_username_order"},
                 {"email", "users_email_order"},
                 {"created_at_ms", "users_created"},
                 {"last_login_at_ms", "users_last_login"}}};
  return table;
}

User FromRow(const sql::Row& row) {
  User user;
  ReadRecord(row, user);
  std::size_t column = kRecordColumns;
  user.username = row.Text(column++);
  user.name = row.Text(column++);
  user.email = row.Text(column++);
  user.role = FromWord<Role>(row.Text(column++)).value_or(Role::kUser);
  user.status = FromWord<ActiveStatus>(row.Text(column++)).value_or(ActiveStatus::kDisabled);
  user.group_id = row.Int(column++);
  user.limits = DecodeLimits(row.Text(column++));
  user.password_hash = row.Text(column++);
  user.last_login_at_ms = row.Int(column++);
  user.allowed_ips = DecodeList(row.Text(column++));
  user.must_change_password = row.Int(column++) != 0;
  return user;
}

std::vector<sql::Value> ValuesOf(const User& user) {
  return {user.username,
          user.name,
          user.email,
          std::string(WordOf(user.role)),
          std::string(WordOf(user.status)),
          user.group_id,
          EncodeLimits(user.limits),
          user.password_hash,
          user.last_login_at_ms,
          EncodeList(user.allowed_ips),
          std::int64_t{user.must_change_password}};
}

absl::StatusOr<User> FromStatus(absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  return FromRow(*row);
}

std::vector<User> FromRows(const std::vector<sql::Row>& rows) {
  std::vector<User> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  return items;
}

}  // namespace

absl::StatusOr<User> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<User> FindByUsername(sql::Transaction& transaction, std::string_view username) {
  return FromStatus(FindRow(transaction, TheTable(), "username", std::string(username)));
}

absl::StatusOr<Page<User>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  return Page<User>{.items = FromRows(rows->items), .total = rows->total};
}

absl::StatusOr<std::vector<User>> After(sql::Transaction& transaction, std::int64_t after,
                                        std::int64_t limit) {
  auto rows = RowsAfter(transaction, TheTable(), after, limit);
  if (!rows.ok()) return rows.status();
  return FromRows(*rows);
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    User& user) {
  return InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(user), user);
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    User& user) {
  return UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(user), user);
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  return DeleteRow(transaction, changes, TheTable(), id);
}

absl::StatusOr<bool> InsertFirstAdmin(sql::Transaction& transaction, Changes& changes,
                                      std::int64_t now_ms, User& user) {
  if (absl::Status locked = transaction.Lock(kAdminsLock); !locked.ok()) return locked;
  auto admins = CountOtherAdmins(transaction, 0);
  if (!admins.ok()) return admins.status();
  if (*admins > 0) return false;
  absl::Status done = Insert(transaction, changes, now_ms, user);
  if (!done.ok()) return done;
  return true;
}

absl::StatusOr<bool> NoteLogin(sql::Transaction& transaction, const User& user,
                               std::int64_t now_ms) {
  auto noted = transaction.Execute(
      "UPDATE users SET last_login_at_ms = $1 WHERE id = $2 AND password_hash = $3 AND status = "
      "'active'",
      {now_ms, user.id, user.password_hash});
  if (!noted.ok()) return noted.status();
  return noted->affected_rows == 1;
}

absl::StatusOr<std::int64_t> CountOtherAdmins(sql::Transaction& transaction,
                                              std::int64_t except_id) {
  auto result = transaction.Execute(
      "SELECT COUNT(*) FROM users WHERE role = 'admin' AND status = 'active' AND id <> $1",
      {except_id});
  if (!result.ok()) return result.status();
  return result->rows.front().Int(0);
}

absl::Status CheckAdminRemains(sql::Transaction& transaction, const User& user) {
  if (user.role != Role::kAdmin || user.status != ActiveStatus::kActive) return absl::OkStatus();
  if (absl::Status locked = transaction.Lock(kAdminsLock); !locked.ok()) return locked;
  auto others = CountOtherAdmins(transaction, user.id);
  if (!others.ok()) return others.status();
  return *others > 0 ? absl::OkStatus() : Conflict("this is the last active administrator");
}

}  // namespace weir::admin::user_store
