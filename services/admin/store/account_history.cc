#include "services/admin/store/account_history.h"

#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/words.h"
#include "services/admin/store/audit.h"

namespace weir::admin::account_history {
namespace {

const Table& TheTable() {
  static const Table table = {.name = "account_history",
                              .what = "entry of an account's history",
                              .columns = {"account_id", "model", "status", "reason", "source",
                                          "until_ms", "http_status", "request_id", "seen_by"}};
  return table;
}

AccountHistoryEntry FromRow(const sql::Row& row) {
  AccountHistoryEntry entry;
  entry.at_ms = row.Int(1);
  std::size_t column = kRecordColumns;
  entry.account_id = row.Int(column++);
  entry.model = row.Text(column++);
  entry.status = FromWord<AccountStatus>(row.Text(column++)).value_or(AccountStatus::kDisabled);
  entry.reason = row.Text(column++);
  entry.source = row.Text(column++);
  entry.until_ms = row.Int(column++);
  entry.http_status = row.Int(column++);
  entry.request_id = row.Text(column++);
  entry.seen_by = row.Text(column++);
  return entry;
}

}  // namespace

absl::Status Note(sql::Transaction& transaction, const AccountHistoryEntry& entry) {
  return InsertPlainRows(
      transaction, TheTable(), entry.at_ms,
      {{entry.account_id, entry.model, std::string(WordOf(entry.status)), entry.reason,
        entry.source, entry.until_ms, entry.http_status, entry.request_id, entry.seen_by}});
}

absl::Status NoteStatus(sql::Transaction& transaction, const Account& before, const Account& now,
                        AccountHistoryEntry how) {
  if (before.status == now.status && before.status_reason == now.status_reason &&
      before.cooldown_until_ms == now.cooldown_until_ms) {
    return absl::OkStatus();
  }
  how.account_id = now.id;
  how.status = now.status;
  how.reason = now.status_reason;
  how.until_ms = now.cooldown_until_ms;
  if (how.seen_by.empty() && ActorScope::Current() != nullptr) {
    how.seen_by = ActorScope::Current()->name;
  }
  return Note(transaction, how);
}

absl::StatusOr<Page<AccountHistoryEntry>> List(sql::Transaction& transaction,
                                               std::int64_t account_id, const ListQuery& query) {
  ListQuery narrowed = query;
  narrowed.conditions.push_back({"account_id = ?", {account_id}});
  auto rows = ListRows(transaction, TheTable(), narrowed);
  if (!rows.ok()) return rows.status();
  Page<AccountHistoryEntry> page;
  page.total = rows->total;
  for (const sql::Row& row : rows->items) page.items.push_back(FromRow(row));
  return page;
}

absl::StatusOr<std::map<std::int64_t, AccountHistoryEntry>> Latest(
    sql::Transaction& transaction, const std::vector<std::int64_t>& account_ids) {
  std::map<std::int64_t, AccountHistoryEntry> latest;
  if (account_ids.empty()) return latest;
  std::string sql =
      "SELECT id, created_at_ms, updated_at_ms, version, account_id, model, status, reason, "
      "source, until_ms, http_status, request_id, seen_by FROM account_history WHERE id IN "
      "(SELECT MAX(id) FROM account_history WHERE model = '' AND account_id IN (";
  std::vector<sql::Value> ids;
  for (const std::int64_t id : account_ids) {
    ids.emplace_back(id);
    StrAppend(sql, ids.size() == 1 ? "$" : ", $", ids.size());
  }
  auto result = transaction.Execute(sql + ") GROUP BY account_id)", ids);
  if (!result.ok()) return result.status();
  for (const sql::Row& row : result->rows) {
    AccountHistoryEntry entry = FromRow(row);
    latest[entry.account_id] = std::move(entry);
  }
  return latest;
}

absl::StatusOr<std::int64_t> Prune(sql::Transaction& transaction, std::int64_t now_ms) {
  auto old = transaction.Execute("DELETE FROM account_history WHERE created_at_ms < $1",
                                 {now_ms - kKeptMs});
  if (!old.ok()) return old.status();
  auto many = transaction.Execute(
      "DELETE FROM account_history WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER "
      "(PARTITION BY account_id ORDER BY id DESC) AS place FROM account_history) AS placed "
      "WHERE place > $1)",
      {kKeptPerAccount});
  if (!many.ok()) return many.status();
  return old->affected_rows + many->affected_rows;
}

}  // namespace weir::admin::account_history
