#include "libs/common/sql/schema_lock.h"

#include <chrono>

#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir::sql {
namespace {

// An advisory lock's number stands in pg_locks in two halves.
constexpr std::string_view kHolder = R"(
  SELECT locks.pid, COALESCE(host(activity.client_addr), 'this machine'),
         CAST(EXTRACT(EPOCH FROM clock_timestamp() - activity.xact_start) AS BIGINT)
  FROM pg_locks AS locks JOIN pg_stat_activity AS activity ON activity.pid = locks.pid
  WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1
    AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (CAST(locks.classid AS BIGINT) << 32) | CAST(locks.objid AS BIGINT)
        = hashtextextended($1, 0)
  ORDER BY activity.xact_start LIMIT 1)";

// Who is in the way, as far as it can be told.
std::string Holder(Database& database, std::string_view component) {
  if (database.dialect() == SqlDialect::kSqlite) {
    return "another program writes to the database's file";
  }
  const absl::StatusOr<Result> found = database.Query(kHolder, {SchemaLockName(component)});
  if (!found.ok() || found->rows.empty()) {
    return "a session of PostgreSQL holds a table that a step needs (see pg_stat_activity)";
  }
  const Row& row = found->rows.front();
  return StrCat("PostgreSQL's process ", row.Int(0), " for ", row.Text(1), ", ", row.Int(2),
                " s in its transaction");
}

absl::Status BoundWaits(Transaction& transaction, const LockWait& wait) {
  if (transaction.dialect() == SqlDialect::kSqlite) return absl::OkStatus();
  return transaction.Execute(StrCat("SET LOCAL lock_timeout = ", wait.try_ms)).status();
}

}  // namespace

std::string SchemaLockName(std::string_view component) {
  return StrCat("weir_migrations_", component);
}

absl::Status TransactPatiently(Database& database, std::string_view component, const LockWait& wait,
                               const Database::Body& body) {
  const auto began = std::chrono::steady_clock::now();
  for (int round = 1;; ++round) {
    absl::Status status = database.Transact([&](Transaction& transaction) {
      absl::Status bounded = BoundWaits(transaction, wait);
      return bounded.ok() ? body(transaction) : bounded;
    });
    if (!absl::IsAborted(status)) return status;
    const std::string holder = Holder(database, component);
    const auto waited_s =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
    if (round >= wait.rounds_max) {
      return absl::UnavailableError(
          StrCat("the schema of ", component, " is locked since ", waited_s, " s: ", holder,
                 "; when that is another Weir at work let it end, else end it, and start again"));
    }
    LogWarning("waiting for the schema's lock",
               {{"component", component}, {"waited_s", waited_s}, {"held_by", holder}});
  }
}

}  // namespace weir::sql
