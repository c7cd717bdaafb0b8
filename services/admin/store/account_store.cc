#include "services/admin/store/account_store.h"

#include <map>
#include <string>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin::account_store {
namespace {

const Table& TheTable() {
  static const Table table = {
      .name = "accounts",
      .what = "account",
      .columns = {"name", "platform", "provider", "request_url", "credential_type",
                  "sealed_credential", "sealed_proxy_url", "priority", "weight", "models",
                  "model_mapping", "tier", "timeouts", "limits", "headers", "status",
                  "status_reason", "cooldown_until_ms", "status_observed_at_ms"}};
  return table;
}

Account FromRow(const sql::Row& row) {
  Account account;
  ReadRecord(row, account);
  std::size_t column = kRecordColumns;
  account.name = row.Text(column++);
  account.platform = FromWord<Platform>(row.Text(column++)).value_or(Platform::kClaude);
  account.provider = row.Text(column++);
  account.request_url = row.Text(column++);
  account.credential_type =
      FromWord<CredentialType>(row.Text(column++)).value_or(CredentialType::kApiKey);
  account.sealed_credential = row.Text(column++);
  account.sealed_proxy_url = row.Text(column++);
  account.priority = row.Int(column++);
  account.weight = row.Int(column++);
  account.models = DecodeList(row.Text(column++));
  account.model_mapping = DecodeMap(row.Text(column++));
  account.tier = row.Text(column++);
  account.timeouts = DecodeTimeouts(row.Text(column++));
  account.limits = DecodeLimits(row.Text(column++));
  account.headers = DecodeMap(row.Text(column++));
  account.status = FromWord<AccountStatus>(row.Text(column++)).value_or(AccountStatus::kDisabled);
  account.status_reason = row.Text(column++);
  account.cooldown_until_ms = row.Int(column++);
  account.status_observed_at_ms = row.Int(column++);
  return account;
}

std::vector<sql::Value> ValuesOf(const Account& account) {
  return {account.name,
          std::string(WordOf(account.platform)),
          account.provider,
          account.request_url,
          std::string(WordOf(account.credential_type)),
          account.sealed_credential,
          account.sealed_proxy_url,
          account.priority,
          account.weight,
          EncodeList(account.models),
          EncodeMap(account.model_mapping),
          account.tier,
          EncodeTimeouts(account.timeouts),
          EncodeLimits(account.limits),
          EncodeMap(account.headers),
          std::string(WordOf(account.status)),
          account.status_reason,
          account.cooldown_until_ms,
          account.status_observed_at_ms};
}

// Fills group_ids of accounts that stand in the order of their ids or not.
absl::Status LoadGroups(sql::Transaction& transaction, std::vector<Account>& accounts) {
  if (accounts.empty()) return absl::OkStatus();
  std::map<std::int64_t, Account*> by_id;
  std::string sql = "SELECT account_id, group_id FROM account_groups WHERE account_id IN (";
  std::vector<sql::Value> ids;
  for (Account& account : accounts) {
    account.group_ids.clear();
    by_id[account.id] = &account;
    ids.emplace_back(account.id);
    StrAppend(sql, ids.size() == 1 ? "$" : ", $", ids.size());
  }
  sql += ") ORDER BY account_id, group_id";
  auto rows = transaction.Execute(sql, ids);
  if (!rows.ok()) return rows.status();
  for (const sql::Row& row : rows->rows) by_id.at(row.Int(0))->group_ids.push_back(row.Int(1));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Account>> FromRows(sql::Transaction& transaction,
                                              const std::vector<sql::Row>& rows) {
  std::vector<Account> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  absl::Status loaded = LoadGroups(transaction, items);
  if (!loaded.ok()) return loaded;
  return items;
}

absl::StatusOr<Account> FromStatus(sql::Transaction& transaction, absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  auto items = FromRows(transaction, {*row});
  if (!items.ok()) return items.status();
  return std::move(items->front());
}

absl::Status WriteGroups(sql::Transaction& transaction, const Account& account) {
  auto cleared =
      transaction.Execute("DELETE FROM account_groups WHERE account_id = $1", {account.id});
  if (!cleared.ok()) return cleared.status();
  for (const std::int64_t group_id : account.group_ids) {
    auto added = transaction.Execute(
        "INSERT INTO account_groups (account_id, group_id) VALUES ($1, $2) "
        "ON CONFLICT (account_id, group_id) DO NOTHING",
        {account.id, group_id});
    if (absl::IsFailedPrecondition(added.status())) {
      FieldErrors errors;
      errors.Add("group_ids", StrCat("group ", group_id, " does not exist"));
      return errors.ToStatus();
    }
    if (!added.ok()) return added.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Account> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(transaction, ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<Account> FindByName(sql::Transaction& transaction, std::string_view name) {
  return FromStatus(transaction, FindRow(transaction, TheTable(), "name", std::string(name)));
}

absl::StatusOr<Page<Account>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  auto items = FromRows(transaction, rows->items);
  if (!items.ok()) return items.status();
  return Page<Account>{.items = std::move(*items), .total = rows->total};
}

absl::StatusOr<std::vector<Account>> After(sql::Transaction& transaction, std::int64_t after,
                                           std::int64_t limit) {
  auto rows = RowsAfter(transaction, TheTable(), after, limit);
  if (!rows.ok()) return rows.status();
  return FromRows(transaction, *rows);
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Account& account) {
  absl::Status done = InsertRow(transaction, TheTable(), now_ms, ValuesOf(account), account);
  if (done.ok()) done = WriteGroups(transaction, account);
  if (done.ok()) changes.Add(ResourceKind::kAccount, account.id);
  return done;
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Account& account) {
  absl::Status done = UpdateRow(transaction, TheTable(), now_ms, ValuesOf(account), account);
  if (done.ok()) done = WriteGroups(transaction, account);
  if (done.ok()) changes.Add(ResourceKind::kAccount, account.id);
  return done;
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  absl::Status done = DeleteRow(transaction, TheTable(), id);
  if (done.ok()) changes.Add(ResourceKind::kAccount, id);
  return done;
}

}  // namespace weir::admin::account_store
