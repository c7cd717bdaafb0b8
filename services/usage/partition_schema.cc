#include "services/usage/partition_schema.h"

#include <string>
#include <string_view>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/usage/day_partition.h"
#include "services/usage/partition_keeper.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;

constexpr std::string_view kCorrections =
    "CREATE TABLE usage_corrections (event_id BYTEA NOT NULL, number BIGINT NOT NULL, "
    "rerate_id BIGINT NOT NULL, made_at_unix_ms BIGINT NOT NULL, cost_nano_usd BIGINT NOT NULL, "
    "spend_nano_usd BIGINT NOT NULL, price_id BIGINT NOT NULL, input_pico_usd BIGINT NOT NULL, "
    "output_pico_usd BIGINT NOT NULL, cache_read_pico_usd BIGINT NOT NULL, "
    "cache_write_5m_pico_usd BIGINT NOT NULL, cache_write_1h_pico_usd BIGINT NOT NULL, "
    "multiplier_ppm BIGINT NOT NULL, PRIMARY KEY (event_id, number))";

absl::Status RunAll(Transaction& transaction, std::initializer_list<std::string> statements) {
  for (const std::string& statement : statements) {
    absl::StatusOr<Result> result = transaction.Execute(statement);
    if (!result.ok()) return result.status();
  }
  return absl::OkStatus();
}

// The names are wanted for the indexes of the new table.
absl::Status RenameIndexes(Transaction& transaction, std::string_view table,
                           std::string_view prefix) {
  absl::StatusOr<Result> indexes = transaction.Execute(
      StrCat("SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
             "WHERE i.indrelid = '",
             table, "'::regclass"));
  if (!indexes.ok()) return indexes.status();
  for (const sql::Row& row : indexes->rows) {
    absl::Status status =
        RunAll(transaction,
               {StrCat("ALTER INDEX ", row.Text(0), " RENAME TO ", prefix, "_", row.Text(0))});
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MakeParent(Transaction& transaction, std::string_view table, std::string_view id,
                        std::string_view key, std::string_view old) {
  return RunAll(transaction, {StrCat("ALTER TABLE ", table, " RENAME TO ", old),
                              StrCat("CREATE TABLE ", table, " (LIKE ", old,
                                     " INCLUDING DEFAULTS) PARTITION BY RANGE (", id, ")"),
                              StrCat("ALTER TABLE ", table, " ADD PRIMARY KEY (", key, ")"),
                              StrCat("CREATE TABLE ", table, kDefaultSuffix, " PARTITION OF ",
                                     table, " DEFAULT")});
}

// Ids beyond today come from clocks that were wrong; they must not keep the days to come from
// having partitions.
absl::Status AdoptRows(Transaction& transaction, std::string_view table, std::string_view id,
                       std::string_view old, const std::string& bound) {
  return RunAll(transaction, {StrCat("WITH moved AS (DELETE FROM ", old, " WHERE ", id,
                                     " >= ", bound, " RETURNING *) INSERT INTO ", table,
                                     kDefaultSuffix, " SELECT * FROM moved"),
                              StrCat("ALTER TABLE ", table, " ATTACH PARTITION ", old,
                                     " FOR VALUES FROM (MINVALUE) TO (", bound, ")")});
}

}  // namespace

absl::Status PartitionByDay(Transaction& transaction) {
  if (transaction.dialect() == sql::SqlDialect::kSqlite) return absl::OkStatus();
  const std::int64_t tomorrow = DayOf(UnixMs()).end_unix_ms;
  absl::StatusOr<Result> any = transaction.Execute("SELECT 1 FROM usage_events LIMIT 1");
  if (!any.ok()) return any.status();
  for (const auto& [table, id, key] :
       {std::tuple("usage_events", "id", "id"),
        std::tuple("usage_attempts", "event_id", "event_id, number")}) {
    const std::string old = UntilPartitionName(table, tomorrow);
    absl::Status status = RenameIndexes(transaction, table, StrCat("until_", DayText(tomorrow)));
    if (status.ok()) status = MakeParent(transaction, table, id, key, old);
    if (!status.ok()) return status;
    status = any->rows.empty() ? RunAll(transaction, {StrCat("DROP TABLE ", old)})
                               : AdoptRows(transaction, table, id, old, LeastIdSql(tomorrow));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MakeCorrections(Transaction& transaction) {
  const bool by_day = transaction.dialect() == sql::SqlDialect::kPostgres;
  absl::Status status =
      RunAll(transaction, {StrCat(kCorrections, by_day ? " PARTITION BY RANGE (event_id)" : "")});
  if (!status.ok() || !by_day) return status;
  status = RunAll(transaction, {StrCat("CREATE TABLE usage_corrections", kDefaultSuffix,
                                       " PARTITION OF usage_corrections DEFAULT")});
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<DayPartition>> days = ReadDayPartitions(transaction, "usage_events");
  if (!days.ok()) return days.status();
  for (const DayPartition& day : *days) {
    const std::string suffix = day.name.substr(std::string_view("usage_events").size());
    const std::string from =
        day.span.begin_unix_ms == 0 ? "MINVALUE" : LeastIdSql(day.span.begin_unix_ms);
    status = RunAll(transaction, {StrCat("CREATE TABLE usage_corrections", suffix,
                                         " PARTITION OF usage_corrections FOR VALUES FROM (", from,
                                         ") TO (", LeastIdSql(day.span.end_unix_ms), ")")});
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace weir::usage
