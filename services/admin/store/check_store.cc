#include "services/admin/store/check_store.h"

#include "libs/common/text.h"

namespace weir::admin::check_store {

absl::Status Put(sql::Transaction& transaction, std::int64_t account_id,
                 const AccountCheck& check) {
  return transaction
      .Execute(
          "INSERT INTO account_checks (account_id, checked_at_ms, good, reason, message, "
          "http_status, took_ms, model, relay_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
          "ON CONFLICT (account_id) DO UPDATE SET checked_at_ms = excluded.checked_at_ms, "
          "good = excluded.good, reason = excluded.reason, message = excluded.message, "
          "http_status = excluded.http_status, took_ms = excluded.took_ms, "
          "model = excluded.model, relay_id = excluded.relay_id",
          {account_id, check.checked_at_ms, std::int64_t{check.good ? 1 : 0}, check.reason,
           check.message, check.http_status, check.took_ms, check.model, check.relay_id})
      .status();
}

absl::StatusOr<std::map<std::int64_t, AccountCheck>> Of(
    sql::Transaction& transaction, const std::vector<std::int64_t>& account_ids) {
  std::map<std::int64_t, AccountCheck> checks;
  if (account_ids.empty()) return checks;
  std::string sql =
      "SELECT account_id, checked_at_ms, good, reason, message, http_status, took_ms, model, "
      "relay_id FROM account_checks WHERE account_id IN (";
  std::vector<sql::Value> ids;
  for (const std::int64_t id : account_ids) {
    ids.emplace_back(id);
    StrAppend(sql, ids.size() == 1 ? "$" : ", $", ids.size());
  }
  auto result = transaction.Execute(sql + ")", ids);
  if (!result.ok()) return result.status();
  for (const sql::Row& row : result->rows) {
    checks[row.Int(0)] = {.checked_at_ms = row.Int(1),
                          .good = row.Int(2) != 0,
                          .reason = row.Text(3),
                          .message = row.Text(4),
                          .http_status = row.Int(5),
                          .took_ms = row.Int(6),
                          .model = row.Text(7),
                          .relay_id = row.Text(8)};
  }
  return checks;
}

// One whose credential was refused is out until an administrator acts: asking again would not help.
absl::StatusOr<std::vector<std::int64_t>> DueSessions(sql::Transaction& transaction,
                                                      std::int64_t before_ms) {
  auto result = transaction.Execute(
      "SELECT accounts.id FROM accounts LEFT JOIN account_checks ON account_id = accounts.id "
      "WHERE platform = 'session' AND status NOT IN ('disabled', 'account_exception') "
      "AND COALESCE(checked_at_ms, 0) < $1 ORDER BY COALESCE(checked_at_ms, 0), accounts.id",
      {before_ms});
  if (!result.ok()) return result.status();
  std::vector<std::int64_t> ids;
  for (const sql::Row& row : result->rows) ids.push_back(row.Int(0));
  return ids;
}

}  // namespace weir::admin::check_store
