#include "services/usage/usage_ledger.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "libs/common/text.h"
#include "services/usage/day_partition.h"
#include "services/usage/event_columns.h"
#include "services/usage/event_conflicts.h"
#include "services/usage/lease_ledger.h"
#include "services/usage/retention.h"
#include "services/usage/rollups.h"
#include "services/usage/schema.h"
#include "services/usage/tally.h"
#include "services/usage/tally_ledger.h"
#include "services/usage/unpriced.h"

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

// Each id once, in the order of ids: two writers then lock rows in one order and cannot deadlock.
std::vector<const UsageEvent*> ById(std::vector<const UsageEvent*> events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const UsageEvent* a, const UsageEvent* b) { return a->id < b->id; });
  events.erase(std::unique(events.begin(), events.end(),
                           [](const UsageEvent* a, const UsageEvent* b) { return a->id == b->id; }),
               events.end());
  return events;
}

// The ids that were new. Mostly all are, which COPY is quickest for; it knows no ON CONFLICT, so a
// batch in which one is known already is merged.
absl::StatusOr<std::set<std::string>> InsertEvents(Transaction& transaction,
                                                   const std::vector<const UsageEvent*>& events) {
  std::set<std::string> ids;
  std::vector<std::vector<Value>> rows;
  rows.reserve(events.size());
  for (const UsageEvent* event : ById(events)) {
    rows.push_back(EventValues(*event));
    ids.insert(ids.end(), event->id);
  }
  absl::StatusOr<bool> all_new = transaction.TryInsertMany("usage_events", EventColumns(), rows);
  if (!all_new.ok()) return all_new.status();
  if (*all_new) return ids;
  absl::StatusOr<Result> result = transaction.MergeMany("usage_events", EventColumns(), rows,
                                                        "ON CONFLICT (id) DO NOTHING RETURNING id");
  if (!result.ok()) return result.status();
  ids.clear();
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
                      attempt.error_class, attempt.started_at_unix_ms, attempt.duration_ms,
                      attempt.served_model, attempt.action, attempt.connect_ms,
                      attempt.first_byte_ms, attempt.end_ms, attempt.cooldown_until_unix_ms});
    }
  }
  if (rows.empty()) return absl::OkStatus();
  return transaction.InsertMany("usage_attempts",
                                {"event_id", "number", "account_id", "http_status", "error_class",
                                 "started_at_unix_ms", "duration_ms", "served_model", "action",
                                 "connect_ms", "first_byte_ms", "end_ms", "cooldown_until_unix_ms"},
                                rows);
}

}  // namespace

absl::Status AddRollups(Transaction& transaction, const RollupRows& rollups) {
  if (rollups.rows.empty()) return absl::OkStatus();
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
  for (std::string_view column : rollups.news) {
    columns.push_back(column);
    StrAppend(changes, changes.empty() ? "" : ", ", column, " = excluded.", column);
  }
  return transaction
      .MergeMany(table, columns, rollups.rows,
                 StrCat("ON CONFLICT (", Join(rollups.keys), ") DO UPDATE SET ", changes))
      .status();
}

namespace {

// Those whose ids are of the time that is kept.
std::vector<const UsageEvent*> KeptOf(const std::vector<const UsageEvent*>& events,
                                      std::int64_t kept_from_unix_ms) {
  std::vector<const UsageEvent*> kept;
  kept.reserve(events.size());
  for (const UsageEvent* event : events) {
    if (UnixMsOfId(event->id) >= kept_from_unix_ms) kept.push_back(event);
  }
  return kept;
}

// The first event of each new id is new; `fresh` gets those.
std::vector<Stored> Outcomes(const std::vector<const UsageEvent*>& events,
                             std::int64_t kept_from_unix_ms, std::set<std::string> new_ids,
                             std::vector<const UsageEvent*>& fresh) {
  std::vector<Stored> outcomes;
  outcomes.reserve(events.size());
  for (const UsageEvent* event : events) {
    if (UnixMsOfId(event->id) < kept_from_unix_ms) {
      outcomes.push_back(Stored::kTooOld);
    } else if (new_ids.erase(event->id) == 1) {
      outcomes.push_back(Stored::kNew);
      fresh.push_back(event);
    } else {
      outcomes.push_back(Stored::kDuplicate);
    }
  }
  return outcomes;
}

// Tells the conflicts among those that were there already.
absl::Status FindConflicts(Transaction& transaction, const std::vector<const UsageEvent*>& events,
                           std::vector<Stored>& outcomes) {
  std::vector<const UsageEvent*> repeated;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (outcomes[i] == Stored::kDuplicate) repeated.push_back(events[i]);
  }
  if (repeated.empty()) return absl::OkStatus();
  const absl::StatusOr<std::set<const UsageEvent*>> conflicts =
      KeepConflicts(transaction, repeated);
  if (!conflicts.ok()) return conflicts.status();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (conflicts->contains(events[i])) outcomes[i] = Stored::kConflict;
  }
  return absl::OkStatus();
}

absl::Status StoreBatch(Transaction& transaction, const std::vector<const UsageEvent*>& events,
                        std::vector<Stored>& outcomes) {
  if (absl::Status held = HoldLedgerSchema(transaction); !held.ok()) return held;
  absl::StatusOr<std::int64_t> kept_from_unix_ms = HoldKeptFrom(transaction);
  if (!kept_from_unix_ms.ok()) return kept_from_unix_ms.status();
  absl::StatusOr<std::set<std::string>> new_ids =
      InsertEvents(transaction, KeptOf(events, *kept_from_unix_ms));
  if (!new_ids.ok()) return new_ids.status();
  std::vector<const UsageEvent*> fresh;
  outcomes = Outcomes(events, *kept_from_unix_ms, *std::move(new_ids), fresh);
  if (absl::Status status = FindConflicts(transaction, events, outcomes); !status.ok()) {
    return status;
  }
  if (fresh.empty()) return absl::OkStatus();
  if (absl::Status status = InsertAttempts(transaction, fresh); !status.ok()) return status;
  if (absl::Status status = AddRollups(transaction, QuarterRows(fresh)); !status.ok()) {
    return status;
  }
  for (RollupRows (*rows_of)(const std::vector<const UsageEvent*>&) :
       {DaySumRows, PartSumRows, SubjectSumRows, DayRows}) {
    if (absl::Status status = AddRollups(transaction, rows_of(fresh)); !status.ok()) return status;
  }
  RollupRows unpriced = UnpricedRows(fresh);
  absl::Status bounded = BoundRefusedModels(transaction, unpriced);
  if (bounded.ok()) bounded = AddRollups(transaction, unpriced);
  if (!bounded.ok()) return bounded;
  absl::StatusOr<RollupRows> tallies = MergedTallies(transaction, TalliesOf(fresh));
  if (!tallies.ok()) return tallies.status();
  if (absl::Status status = AddRollups(transaction, *tallies); !status.ok()) return status;
  return ChargeLeases(transaction, ChargesOf(fresh));
}

}  // namespace

absl::StatusOr<std::vector<Stored>> UsageLedger::Insert(
    const std::vector<const UsageEvent*>& events) {
  std::vector<Stored> outcomes;
  absl::Status status = database_.Transact(
      [&](Transaction& transaction) { return StoreBatch(transaction, events, outcomes); });
  if (!status.ok()) return status;
  return outcomes;
}

}  // namespace weir::usage
