#include "services/admin/store/account_store.h"

#include <map>
#include <string>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/group_links.h"

namespace weir::admin::account_store {
namespace {

constexpr GroupLinks kGroups = {.table = "account_groups", .column = "account_id"};

const Table& TheTable() {
  static const Table table = {
      .name = "accounts",
      .what = "account",
      .columns = {"name",
                  "platform",
                  "provider",
                  "request_url",
                  "credential_type",
                  "sealed_credential",
                  "sealed_proxy_url",
                  "priority",
                  "weight",
                  "models",
                  "model_mapping",
                  "tier",
                  "timeouts",
                  "limits",
                  "headers",
                  "status",
                  "status_reason",
                  "cooldown_until_ms",
                  "status_observed_at_ms",
                  "model_cooldowns",
                  "quirks",
                  "oauth",
                  "sealed_client_secret",
                  "sealed_refresh_token",
                  "credential_expires_at_ms",
                  "credential_refreshed_at_ms",
                  "refresh_at_ms",
                  "given_mark",
                  "session",
                  "replaced_at_ms"},
      .kind = ResourceKind::kAccount,
      .hidden = {"sealed_credential", "sealed_proxy_url", "sealed_client_secret",
                 "sealed_refresh_token", "given_mark"}};
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
  account.model_cooldowns = DecodeCooldowns(row.Text(column++));
  account.quirks = DecodeList(row.Text(column++));
  account.oauth = DecodeOauth(row.Text(column++));
  account.sealed_client_secret = row.Text(column++);
  account.sealed_refresh_token = row.Text(column++);
  account.credential_expires_at_ms = row.Int(column++);
  account.credential_refreshed_at_ms = row.Int(column++);
  account.refresh_at_ms = row.Int(column++);
  account.given_mark = row.Text(column++);
  account.session = DecodeSession(row.Text(column++));
  account.replaced_at_ms = row.Int(column++);
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
          account.status_observed_at_ms,
          EncodeCooldowns(account.model_cooldowns),
          EncodeList(account.quirks),
          EncodeOauth(account.oauth),
          account.sealed_client_secret,
          account.sealed_refresh_token,
          account.credential_expires_at_ms,
          account.credential_refreshed_at_ms,
          account.refresh_at_ms,
          account.given_mark,
          EncodeSession(account.session),
          account.replaced_at_ms};
}

absl::StatusOr<std::vector<Account>> FromRows(sql::Transaction& transaction,
                                              const std::vector<sql::Row>& rows) {
  std::vector<Account> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  std::map<std::int64_t, std::vector<std::int64_t>*> groups;
  for (Account& account : items) {
    account.group_ids.clear();
    groups[account.id] = &account.group_ids;
  }
  absl::Status loaded = LoadGroupLinks(transaction, kGroups, groups);
  if (!loaded.ok()) return loaded;
  return items;
}

absl::StatusOr<Account> FromStatus(sql::Transaction& transaction, absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  auto items = FromRows(transaction, {*row});
  if (!items.ok()) return items.status();
  return std::move(items->front());
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

absl::StatusOr<std::map<std::int64_t, std::int64_t>> ReplacedAt(
    sql::Transaction& transaction, const std::vector<std::int64_t>& ids) {
  std::map<std::int64_t, std::int64_t> times;
  if (ids.empty()) return times;
  std::string sql = "SELECT id, replaced_at_ms FROM accounts WHERE replaced_at_ms > 0 AND id IN (";
  std::vector<sql::Value> values;
  values.reserve(ids.size());
  for (const std::int64_t id : ids) {
    values.emplace_back(id);
    StrAppend(sql, values.size() == 1 ? "$" : ", $", values.size());
  }
  auto rows = transaction.Execute(sql + ")", values);
  if (!rows.ok()) return rows.status();
  for (const sql::Row& row : rows->rows) times[row.Int(0)] = row.Int(1);
  return times;
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Account& account) {
  absl::Status done =
      InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(account), account);
  if (done.ok())
    done = WriteGroupLinks(transaction, changes, kGroups, account.id, account.group_ids);
  return done;
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Account& account) {
  absl::Status done =
      UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(account), account);
  if (done.ok())
    done = WriteGroupLinks(transaction, changes, kGroups, account.id, account.group_ids);
  return done;
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  return DeleteRow(transaction, changes, TheTable(), id);
}

}  // namespace weir::admin::account_store
