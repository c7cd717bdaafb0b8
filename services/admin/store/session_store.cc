#include "services/admin/store/session_store.h"

#include <string>
#include <vector>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin::session_store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, user_id, cookie_hash, refresh_hash, previous_refresh_hash, csrf_token, "
    "created_at_ms, expires_at_ms, user_agent, client_ip, last_seen_at_ms, confirmed_at_ms "
    "FROM sessions WHERE ";

Session FromRow(const sql::Row& row) {
  return {.id = row.Text(0),
          .user_id = row.Int(1),
          .cookie_hash = row.Text(2),
          .refresh_hash = row.Text(3),
          .previous_refresh_hash = row.Text(4),
          .csrf_token = row.Text(5),
          .created_at_ms = row.Int(6),
          .expires_at_ms = row.Int(7),
          .user_agent = row.Text(8),
          .client_ip = row.Text(9),
          .last_seen_at_ms = row.Int(10),
          .confirmed_at_ms = row.Int(11)};
}

absl::StatusOr<Session> FindWhere(sql::Transaction& transaction, std::string_view condition,
                                  std::string_view value) {
  auto result = transaction.Execute(StrCat(kSelect, condition), {std::string(value)});
  if (!result.ok()) return result.status();
  if (result->rows.empty()) return NotFound("session");
  return FromRow(result->rows.front());
}

}  // namespace

absl::Status Insert(sql::Transaction& transaction, const Session& session) {
  return transaction
      .Execute(
          "INSERT INTO sessions (id, user_id, cookie_hash, refresh_hash, previous_refresh_hash, "
          "csrf_token, created_at_ms, expires_at_ms, user_agent, client_ip, last_seen_at_ms, "
          "confirmed_at_ms) VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $6, $6)",
          {session.id, session.user_id, session.cookie_hash, session.refresh_hash,
           session.csrf_token, session.created_at_ms, session.expires_at_ms, session.user_agent,
           session.client_ip})
      .status();
}

absl::StatusOr<Session> Get(sql::Transaction& transaction, std::string_view id) {
  return FindWhere(transaction, "id = $1", id);
}

absl::StatusOr<Session> FindByCookie(sql::Transaction& transaction, std::string_view cookie_hash) {
  return FindWhere(transaction, "cookie_hash = $1", cookie_hash);
}

absl::StatusOr<Session> FindByRefresh(sql::Transaction& transaction,
                                      std::string_view refresh_hash) {
  return FindWhere(transaction, "refresh_hash = $1 OR previous_refresh_hash = $1", refresh_hash);
}

absl::Status RotateRefresh(sql::Transaction& transaction, const Session& session,
                           std::string_view refresh_hash) {
  auto updated = transaction.Execute(
      "UPDATE sessions SET previous_refresh_hash = refresh_hash, refresh_hash = $1 "
      "WHERE id = $2 AND refresh_hash = $3",
      {std::string(refresh_hash), session.id, session.refresh_hash});
  if (!updated.ok()) return updated.status();
  return updated->affected_rows == 1 ? absl::OkStatus() : absl::AbortedError("refreshed twice");
}

absl::StatusOr<std::vector<Session>> ListOfUser(sql::Transaction& transaction, std::int64_t user_id,
                                                std::int64_t now_ms) {
  auto result = transaction.Execute(
      StrCat(kSelect, "user_id = $1 AND expires_at_ms > $2 ORDER BY last_seen_at_ms DESC, id"),
      {user_id, now_ms});
  if (!result.ok()) return result.status();
  std::vector<Session> sessions;
  for (const sql::Row& row : result->rows) sessions.push_back(FromRow(row));
  return sessions;
}

absl::Status Touch(sql::Transaction& transaction, std::string_view id, std::string_view client_ip,
                   std::int64_t now_ms) {
  return transaction
      .Execute("UPDATE sessions SET last_seen_at_ms = $1, client_ip = $2 WHERE id = $3",
               {now_ms, std::string(client_ip), std::string(id)})
      .status();
}

absl::Status Confirm(sql::Transaction& transaction, std::string_view id, std::int64_t now_ms) {
  return transaction
      .Execute("UPDATE sessions SET confirmed_at_ms = $1 WHERE id = $2", {now_ms, std::string(id)})
      .status();
}

absl::Status Delete(sql::Transaction& transaction, std::string_view id) {
  return transaction.Execute("DELETE FROM sessions WHERE id = $1", {std::string(id)}).status();
}

absl::Status DeleteOfUser(sql::Transaction& transaction, std::int64_t user_id,
                          std::string_view except_id) {
  return transaction
      .Execute("DELETE FROM sessions WHERE user_id = $1 AND id <> $2",
               {user_id, std::string(except_id)})
      .status();
}

absl::StatusOr<std::int64_t> DeleteExpired(sql::Transaction& transaction, std::int64_t now_ms) {
  auto deleted = transaction.Execute("DELETE FROM sessions WHERE expires_at_ms <= $1", {now_ms});
  if (!deleted.ok()) return deleted.status();
  return deleted->affected_rows;
}

}  // namespace weir::admin::session_store
