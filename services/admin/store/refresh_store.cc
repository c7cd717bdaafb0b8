#include "services/admin/store/refresh_store.h"

#include "libs/common/text.h"

namespace weir::admin::refresh_store {

// What was planned after the last failure is something new, which is not waited for.
absl::StatusOr<std::vector<std::int64_t>> Due(sql::Transaction& transaction, std::int64_t now_ms,
                                              std::int64_t limit) {
  auto result = transaction.Execute(
      "SELECT accounts.id FROM accounts LEFT JOIN account_refreshes ON account_id = accounts.id "
      "WHERE refresh_at_ms > 0 AND refresh_at_ms <= $1 AND status <> 'disabled' "
      "AND (COALESCE(not_before_ms, 0) <= $1 OR refresh_at_ms > COALESCE(failed_at_ms, 0)) "
      "AND COALESCE(run_until_ms, 0) <= $1 "
      "ORDER BY refresh_at_ms, accounts.id LIMIT $2",
      {now_ms, limit});
  if (!result.ok()) return result.status();
  std::vector<std::int64_t> ids;
  for (const sql::Row& row : result->rows) ids.push_back(row.Int(0));
  return ids;
}

absl::StatusOr<std::map<std::int64_t, RefreshState>> StatesOf(
    sql::Transaction& transaction, const std::vector<std::int64_t>& account_ids) {
  std::map<std::int64_t, RefreshState> states;
  if (account_ids.empty()) return states;
  std::string sql =
      "SELECT account_id, runner, run_until_ms, not_before_ms, failures, failed_at_ms, last_error "
      "FROM account_refreshes WHERE account_id IN (";
  std::vector<sql::Value> ids;
  for (const std::int64_t id : account_ids) {
    ids.emplace_back(id);
    StrAppend(sql, ids.size() == 1 ? "$" : ", $", ids.size());
  }
  auto result = transaction.Execute(sql + ")", ids);
  if (!result.ok()) return result.status();
  for (const sql::Row& row : result->rows) {
    states[row.Int(0)] = {.runner = row.Text(1),
                          .run_until_ms = row.Int(2),
                          .not_before_ms = row.Int(3),
                          .failures = row.Int(4),
                          .failed_at_ms = row.Int(5),
                          .last_error = row.Text(6)};
  }
  return states;
}

absl::StatusOr<bool> Claim(sql::Transaction& transaction, std::int64_t account_id,
                           std::string_view runner, std::int64_t now_ms, std::int64_t until_ms) {
  auto result = transaction.Execute(
      "INSERT INTO account_refreshes (account_id, runner, run_until_ms, not_before_ms, failures, "
      "failed_at_ms, last_error) VALUES ($1, $2, $3, 0, 0, 0, '') "
      "ON CONFLICT (account_id) DO UPDATE SET runner = excluded.runner, "
      "run_until_ms = excluded.run_until_ms WHERE account_refreshes.run_until_ms <= $4",
      {account_id, std::string(runner), until_ms, now_ms});
  if (!result.ok()) return result.status();
  return result->affected_rows == 1;
}

absl::Status Release(sql::Transaction& transaction, std::int64_t account_id,
                     std::string_view runner) {
  return transaction
      .Execute(
          "UPDATE account_refreshes SET runner = '', run_until_ms = 0 "
          "WHERE account_id = $1 AND runner = $2",
          {account_id, std::string(runner)})
      .status();
}

absl::Status NoteSuccess(sql::Transaction& transaction, std::int64_t account_id) {
  return transaction
      .Execute(
          "UPDATE account_refreshes SET not_before_ms = 0, failures = 0, failed_at_ms = 0, "
          "last_error = '' WHERE account_id = $1",
          {account_id})
      .status();
}

absl::Status NoteFailure(sql::Transaction& transaction, std::int64_t account_id,
                         const RefreshState& failure) {
  return transaction
      .Execute(
          "UPDATE account_refreshes SET not_before_ms = $2, failures = $3, failed_at_ms = $4, "
          "last_error = $5 WHERE account_id = $1",
          {account_id, failure.not_before_ms, failure.failures, failure.failed_at_ms,
           failure.last_error})
      .status();
}

}  // namespace weir::admin::refresh_store
