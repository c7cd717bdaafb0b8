#include "services/admin/store/identity_store.h"

#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin::identity_store {
namespace {

constexpr std::int64_t kPerUserMax = 100;

const Table& TheTable() {
  static const Table table = {.name = "user_identities",
                              .what = "identity",
                              .columns = {"user_id", "issuer", "subject", "label"},
                              .title = "label"};
  return table;
}

UserIdentity FromRow(const sql::Row& row) {
  UserIdentity identity;
  ReadRecord(row, identity);
  std::size_t column = kRecordColumns;
  identity.user_id = row.Int(column++);
  identity.issuer = row.Text(column++);
  identity.subject = row.Text(column++);
  identity.label = row.Text(column++);
  return identity;
}

absl::StatusOr<std::vector<UserIdentity>> Where(sql::Transaction& transaction,
                                                Condition condition) {
  auto rows =
      ListRows(transaction, TheTable(),
               {.conditions = {std::move(condition)}, .limit = kPerUserMax, .with_total = false});
  if (!rows.ok()) return rows.status();
  std::vector<UserIdentity> identities;
  for (const sql::Row& row : rows->items) identities.push_back(FromRow(row));
  return identities;
}

}  // namespace

absl::StatusOr<UserIdentity> Find(sql::Transaction& transaction, std::string_view issuer,
                                  std::string_view subject) {
  auto found = Where(transaction,
                     {"issuer = ? AND subject = ?", {std::string(issuer), std::string(subject)}});
  if (!found.ok()) return found.status();
  if (found->empty()) return NotFound(TheTable().what);
  return std::move(found->front());
}

absl::StatusOr<std::vector<UserIdentity>> OfUser(sql::Transaction& transaction,
                                                 std::int64_t user_id) {
  return Where(transaction, {"user_id = ?", {user_id}});
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    UserIdentity& identity) {
  return InsertRow(transaction, changes, TheTable(), now_ms,
                   {identity.user_id, identity.issuer, identity.subject, identity.label}, identity);
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t user_id,
                    std::int64_t id) {
  auto row = ReadRow(transaction, TheTable(), id);
  if (!row.ok()) return row.status();
  if (FromRow(*row).user_id != user_id) return NotFound(TheTable().what);
  return DeleteRow(transaction, changes, TheTable(), id);
}

absl::StatusOr<bool> UseState(sql::Transaction& transaction, std::string_view state_hash,
                              std::int64_t now_ms, std::int64_t until_ms) {
  auto forgotten = transaction.Execute("DELETE FROM oidc_states WHERE ends_at_ms <= $1", {now_ms});
  if (!forgotten.ok()) return forgotten.status();
  auto used = transaction.Execute(
      "INSERT INTO oidc_states (state_hash, ends_at_ms) VALUES ($1, $2) "
      "ON CONFLICT (state_hash) DO NOTHING",
      {std::string(state_hash), until_ms});
  if (!used.ok()) return used.status();
  return used->affected_rows == 1;
}

}  // namespace weir::admin::identity_store
