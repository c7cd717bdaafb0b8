#include "services/usage/usage_ledger.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "libs/common/text.h"
#include "services/usage/event_columns.h"
#include "services/usage/rollups.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Transaction;
using sql::Value;

std::string Join(const std::vector<std::string_view>& columns) {
  std::string list;
  for (std::string_view column : columns) StrAppend(list, list.empty() ? "" : ", ", column);
  return list;
}

// An empty table of this connection alone with the columns of `table`; its name.
absl::StatusOr<std::string> EmptyStaging(Transaction& transaction, std::string_view table) {
  const std::string name = StrCat("staging_", table);
  const std::string create = transaction.dialect() == sql::SqlDialect::kPostgres
                                 ? StrCat("CREATE TEMPORARY TABLE IF NOT EXISTS ", name, " (LIKE ",
                                          table, ") ON COMMIT DELETE ROWS")
                                 : StrCat("CREATE TEMPORARY TABLE IF NOT EXISTS ", name,
                                          " AS SELECT * FROM ", table, " WHERE 0");
  if (absl::StatusOr<Result> created = transaction.Execute(create); !created.ok()) {
    return created.status();
  }
  absl::StatusOr<Result> emptied = transaction.Execute(StrCat("DELETE FROM ", name));
  if (!emptied.ok()) return emptied.status();
  return name;
}

// Brings many rows in at once by way of a staging table, because COPY knows no ON CONFLICT. Sorted
// by the key, so that two writers lock rows in one order and cannot deadlock.
absl::StatusOr<Result> Upsert(Transaction& transaction, std::string_view table,
                              const std::vector<std::string_view>& columns,
                              const std::vector<std::vector<Value>>& rows, std::string_view keys,
                              std::string_view on_conflict) {
  absl::StatusOr<std::string> staging = EmptyStaging(transaction, table);
  if (!staging.ok()) return staging.status();
  if (absl::Status status = transaction.InsertMany(*staging, columns, rows); !status.ok()) {
    return status;
  }
  const std::string list = Join(columns);
  // Without WHERE, SQLite would read ON CONFLICT as the ON of a join.
  return transaction.Execute(StrCat("INSERT INTO ", table, " (", list, ") SELECT ", list, " FROM ",
                                    *staging, " WHERE 1 = 1 ORDER BY ", keys, " ", on_conflict));
}

// The ids that were new.
absl::StatusOr<std::set<std::string>> InsertEvents(Transaction& transaction,
                                                   const std::vector<const UsageEvent*>& events) {
  std::vector<std::vector<Value>> rows;
  rows.reserve(events.size());
  std::set<std::string_view> seen;
  for (const UsageEvent* event : events) {
    if (seen.insert(event->id).second) rows.push_back(EventValues(*event));
  }
  absl::StatusOr<Result> result = Upsert(transaction, "usage_events", EventColumns(), rows, "id",
                                         "ON CONFLICT (id) DO NOTHING RETURNING id");
  if (!result.ok()) return result.status();
  std::set<std::string> ids;
  for (const sql::Row& row : result->rows) ids.insert(row.Bytes(0));
  return ids;
}

absl::Status InsertAttempts(Transaction& transaction,
                            const std::vector<const UsageEvent*>& events) {
  std::vector<std::vector<Value>> rows;
  for (const UsageEvent* event : events) {
    std::int64_t number = 0;
    for (const Attempt& attempt : event->attempts) {
      rows.push_back({Blob{event->id}, ++number, attempt.account_id, attempt.http_status,
                      attempt.error_class, attempt.started_at_unix_ms, attempt.duration_ms});
    }
  }
  if (rows.empty()) return absl::OkStatus();
  return transaction.InsertMany("usage_attempts",
                                {"event_id", "number", "account_id", "http_status", "error_class",
                                 "started_at_unix_ms", "duration_ms"},
                                rows);
}

absl::Status AddRollups(Transaction& transaction, const RollupRows& rollups) {
  const std::string_view table = rollups.table;
  std::vector<std::string_view> columns = rollups.keys;
  std::string changes;
  for (std::string_view column : rollups.sums) {
    columns.push_back(column);
    StrAppend(changes, changes.empty() ? "" : ", ", column, " = ", table, ".", column,
              " + excluded.", column);
  }
  for (std::string_view column : rollups.latests) {
    columns.push_back(column);
    StrAppend(changes, ", ", column, " = CASE WHEN excluded.", column, " > ", table, ".", column,
              " THEN excluded.", column, " ELSE ", table, ".", column, " END");
  }
  const std::string keys = Join(rollups.keys);
  return Upsert(transaction, table, columns, rollups.rows, keys,
                StrCat("ON CONFLICT (", keys, ") DO UPDATE SET ", changes))
      .status();
}

// Marks the first event of each new id.
std::vector<bool> MarkNew(const std::vector<const UsageEvent*>& events,
                          std::set<std::string> new_ids) {
  std::vector<bool> marks;
  marks.reserve(events.size());
  for (const UsageEvent* event : events) marks.push_back(new_ids.erase(event->id) == 1);
  return marks;
}

absl::Status StoreBatch(Transaction& transaction, const std::vector<const UsageEvent*>& events,
                        std::vector<bool>& marks) {
  absl::StatusOr<std::set<std::string>> new_ids = InsertEvents(transaction, events);
  if (!new_ids.ok()) return new_ids.status();
  marks = MarkNew(events, *std::move(new_ids));
  std::vector<const UsageEvent*> fresh;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (marks[i]) fresh.push_back(events[i]);
  }
  if (fresh.empty()) return absl::OkStatus();
  if (absl::Status status = InsertAttempts(transaction, fresh); !status.ok()) return status;
  if (absl::Status status = AddRollups(transaction, QuarterRows(fresh)); !status.ok()) {
    return status;
  }
  return AddRollups(transaction, DayRows(fresh));
}

}  // namespace

absl::StatusOr<std::vector<bool>> UsageLedger::Insert(
    const std::vector<const UsageEvent*>& events) {
  std::vector<bool> marks;
  absl::Status status = database_.Transact(
      [&](Transaction& transaction) { return StoreBatch(transaction, events, marks); });
  if (!status.ok()) return status;
  return marks;
}

}  // namespace weir::usage
