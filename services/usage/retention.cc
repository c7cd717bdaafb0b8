#include "services/usage/retention.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "libs/common/text.h"
#include "services/usage/day_partition.h"
#include "services/usage/event_conflicts.h"
#include "services/usage/rollups.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Transaction;

constexpr std::int64_t kPieceEvents = 1'000;
constexpr std::int64_t kPieceQuarters = 24;                  // six hours of sums
constexpr std::chrono::milliseconds kPauseBetweenPieces{5};  // writers get their turn
constexpr int kBusyTriesMax = 30;
constexpr std::chrono::seconds kPauseWhileBusy{1};

absl::Status Gone() { return absl::CancelledError("the caller is gone"); }

// Held shared by whoever stores events, alone by whoever raises the bound. Shared holders queue
// behind one who waits to be alone, so that overlapping batches cannot keep retention out for ever.
constexpr std::string_view kBoundLock = "weir_usage_kept_from";

// One number that a SELECT without parameters finds.
absl::StatusOr<std::int64_t> Number(sql::Database& database, std::string_view sql,
                                    const std::vector<sql::Value>& parameters = {}) {
  absl::StatusOr<Result> result = database.Query(sql, parameters);
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Int(0);
}

// Aborted when somebody held a lock for too long: tries again, for about half a minute.
absl::Status WhileBusy(const std::function<bool()>& gone,
                       const std::function<absl::Status()>& step) {
  for (int tries = 1;; ++tries) {
    absl::Status status = step();
    if (!absl::IsAborted(status) || tries == kBusyTriesMax) return status;
    if (gone()) return Gone();
    std::this_thread::sleep_for(kPauseWhileBusy);
  }
}

// Waits for those who store events now, but not for long: others wait behind it.
absl::Status Raise(Transaction& transaction, std::int64_t unix_ms) {
  if (transaction.dialect() == sql::SqlDialect::kPostgres) {
    absl::StatusOr<Result> bounded = transaction.Execute("SET LOCAL lock_timeout = '500ms'");
    if (!bounded.ok()) return bounded.status();
  }
  if (absl::Status status = KeepWritersOut(transaction); !status.ok()) return status;
  return transaction
      .Execute("UPDATE usage_retention SET kept_from_unix_ms = $1 WHERE kept_from_unix_ms < $1",
               {unix_ms})
      .status();
}

// The oldest events before the bound, with their attempts; how many.
absl::StatusOr<std::int64_t> DeletePiece(Transaction& transaction, const Blob& bound) {
  absl::StatusOr<Result> ids = transaction.Execute(
      "SELECT id FROM usage_events WHERE id < $1 ORDER BY id LIMIT $2", {bound, kPieceEvents});
  if (!ids.ok()) return ids.status();
  // With the last piece goes whatever is still there of the time before, its request or not.
  const bool rest = static_cast<std::int64_t>(ids->rows.size()) < kPieceEvents;
  const Blob last = rest ? bound : Blob{ids->rows.back().Bytes(0)};
  for (const DayTable& table : kDayTables) {
    absl::StatusOr<Result> deleted = transaction.Execute(
        StrCat("DELETE FROM ", table.name, " WHERE ", table.id, rest ? " < $1" : " <= $1"), {last});
    if (!deleted.ok()) return deleted.status();
  }
  return static_cast<std::int64_t>(ids->rows.size());
}

// The day's spend becomes a part of "earlier", day 0, which only lifetime budgets count. On
// PostgreSQL in one statement, so that nothing is added in between.
constexpr std::string_view kEarlier =
    "INSERT INTO usage_days (subject_kind, subject_id, day_unix_ms, requests, used_requests, "
    "cost_nano_usd, last_used_unix_ms) SELECT subject_kind, subject_id, 0, "
    "CAST(SUM(requests) AS BIGINT), CAST(SUM(used_requests) AS BIGINT), "
    "CAST(SUM(cost_nano_usd) AS BIGINT), MAX(last_used_unix_ms) FROM ";
constexpr std::string_view kEarlierMeets =
    " GROUP BY subject_kind, subject_id ON CONFLICT (subject_kind, subject_id, day_unix_ms) "
    "DO UPDATE SET requests = usage_days.requests + excluded.requests, "
    "used_requests = usage_days.used_requests + excluded.used_requests, "
    "cost_nano_usd = usage_days.cost_nano_usd + excluded.cost_nano_usd, "
    "last_used_unix_ms = CASE WHEN excluded.last_used_unix_ms > usage_days.last_used_unix_ms "
    "THEN excluded.last_used_unix_ms ELSE usage_days.last_used_unix_ms END";
constexpr std::string_view kThatDay = "usage_days WHERE day_unix_ms = $1";

absl::Status FoldDay(Transaction& transaction, std::int64_t day_unix_ms) {
  if (transaction.dialect() == sql::SqlDialect::kPostgres) {
    return transaction
        .Execute(StrCat("WITH gone AS (DELETE FROM ", kThatDay, " RETURNING *) ", kEarlier, "gone",
                        kEarlierMeets),
                 {day_unix_ms})
        .status();
  }
  absl::StatusOr<Result> folded =
      transaction.Execute(StrCat(kEarlier, kThatDay, kEarlierMeets), {day_unix_ms});
  if (!folded.ok()) return folded.status();
  return transaction.Execute(StrCat("DELETE FROM ", kThatDay), {day_unix_ms}).status();
}

// The quarter-hours of before, and what is made of them; how many rows of quarter-hours.
absl::StatusOr<std::int64_t> DeleteSums(sql::Database& database, std::int64_t before_unix_ms) {
  std::int64_t quarters = 0;
  absl::Status status = database.Transact([&](Transaction& transaction) {
    for (const auto& [sql, before] :
         {std::pair("DELETE FROM usage_quarters WHERE quarter_unix_ms < $1", before_unix_ms),
          std::pair(
              "DELETE FROM usage_part_sums WHERE part IN (0, 3, 4, 5) AND quarter_unix_ms < $1",
              before_unix_ms),
          std::pair("DELETE FROM usage_subject_sums WHERE part IN (1, 2) AND quarter_unix_ms < $1",
                    before_unix_ms),
          std::pair("DELETE FROM usage_tallies WHERE hour_unix_ms < $1", before_unix_ms),
          std::pair("DELETE FROM usage_unpriced WHERE day_unix_ms < $1",
                    before_unix_ms - before_unix_ms % kDayMs),
          // A day stays until all of it goes.
          std::pair("DELETE FROM usage_day_sums WHERE day_unix_ms < $1",
                    before_unix_ms - before_unix_ms % kDayMs)}) {
      absl::StatusOr<Result> deleted = transaction.Execute(sql, {before});
      if (!deleted.ok()) return deleted.status();
      if (std::string_view(sql).find("usage_quarters") != std::string_view::npos) {
        quarters = deleted->affected_rows;
      }
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return quarters;
}

}  // namespace

absl::Status CheckRetention(const RetentionOptions& options) {
  const bool sums_go_first =
      options.rollup_retention_days != 0 &&
      (options.retention_days == 0 || options.rollup_retention_days < options.retention_days);
  if (!sums_go_first) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("rollup_retention_days is ", options.rollup_retention_days, ", retention_days is ",
             options.retention_days,
             ": sums must be kept at least as long as requests are (0 = for ever)"));
}

absl::StatusOr<std::int64_t> HoldKeptFrom(Transaction& transaction) {
  // SQLite has one writer at a time. The bound is read by a statement of its own, which sees what
  // was committed while this one waited.
  if (transaction.dialect() == sql::SqlDialect::kPostgres) {
    absl::StatusOr<Result> held = transaction.Execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", {std::string(kBoundLock)});
    if (!held.ok()) return held.status();
  }
  absl::StatusOr<Result> result =
      transaction.Execute("SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows[0].Int(0);
}

absl::Status KeepWritersOut(Transaction& transaction) { return transaction.Lock(kBoundLock); }

absl::StatusOr<std::int64_t> Retention::KeptFrom() {
  return Number(database_, "SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
}

absl::StatusOr<std::int64_t> Retention::FloorOf(std::int64_t days) {
  if (days == 0) return 0;
  const std::int64_t now_unix_ms = clock_.NowUnixMs();
  absl::StatusOr<std::int64_t> newest =
      Number(database_,
             "SELECT COALESCE(MAX(quarter_unix_ms), 0) FROM usage_quarters "
             "WHERE quarter_unix_ms <= $1",
             {now_unix_ms});
  if (!newest.ok()) return newest.status();
  return std::max<std::int64_t>(DayOf(*newest).begin_unix_ms - days * kDayMs, 0);
}

absl::Status Retention::RaiseKeptFrom(std::int64_t unix_ms, const std::function<bool()>& gone) {
  return WhileBusy(gone, [&] {
    return database_.Transact(
        [unix_ms](Transaction& transaction) { return Raise(transaction, unix_ms); });
  });
}

absl::Status Retention::DropPartitions(RetentionResult& result, const std::function<bool()>& gone) {
  return WhileBusy(gone, [&] {
    absl::StatusOr<std::int64_t> dropped = partitions_.DropBefore(result.kept_from_unix_ms);
    if (dropped.ok()) result.partitions_dropped += *dropped;
    return dropped.status();
  });
}

absl::Status Retention::DeleteRows(RetentionResult& result, const std::function<bool()>& gone) {
  const Blob bound{LeastId(result.kept_from_unix_ms)};
  for (;;) {
    std::int64_t deleted = 0;
    absl::Status status = database_.Transact([&](Transaction& transaction) {
      absl::StatusOr<std::int64_t> piece = DeletePiece(transaction, bound);
      deleted = piece.value_or(0);
      return piece.status();
    });
    if (!status.ok()) return status;
    result.events_deleted += deleted;
    if (deleted < kPieceEvents) return absl::OkStatus();
    if (gone()) return Gone();
    std::this_thread::sleep_for(kPauseBetweenPieces);
  }
}

absl::Status Retention::DeleteRollups(RetentionResult& result, const std::function<bool()>& gone) {
  absl::StatusOr<std::int64_t> from = FloorOf(options_.rollup_retention_days);
  if (!from.ok() || *from == 0) return from.status();
  for (;;) {
    absl::StatusOr<std::int64_t> first =
        Number(database_,
               "SELECT COALESCE(MIN(quarter_unix_ms), 0) FROM usage_quarters WHERE "
               "quarter_unix_ms < $1",
               {*from});
    if (!first.ok()) return first.status();
    // Last of all the day that the last piece was a part of.
    if (*first == 0) {
      if (absl::StatusOr<std::int64_t> rest = DeleteSums(database_, *from); !rest.ok()) {
        return rest.status();
      }
      break;
    }
    const std::int64_t before = std::min(*first + kPieceQuarters * kQuarterMs, *from);
    absl::StatusOr<std::int64_t> deleted = DeleteSums(database_, before);
    if (!deleted.ok()) return deleted.status();
    result.quarters_deleted += *deleted;
    if (gone()) return Gone();
    std::this_thread::sleep_for(kPauseBetweenPieces);
  }
  // Budgets look at this month, and late events still belong to the last one.
  const std::int64_t this_month = MonthOf(clock_.NowUnixMs()).begin_unix_ms;
  const std::int64_t whole_from = std::min(*from, MonthOf(this_month - 1).begin_unix_ms);
  for (;;) {
    absl::StatusOr<std::int64_t> day =
        Number(database_,
               "SELECT COALESCE(MIN(day_unix_ms), 0) FROM usage_days WHERE day_unix_ms > 0 "
               "AND day_unix_ms < $1",
               {whole_from});
    if (!day.ok()) return day.status();
    if (*day == 0) return absl::OkStatus();
    absl::Status folded =
        database_.Transact([&](Transaction& transaction) { return FoldDay(transaction, *day); });
    if (!folded.ok()) return folded;
    ++result.days_folded;
    if (gone()) return Gone();
  }
}

absl::StatusOr<RetentionResult> Retention::DeleteEventsBefore(std::int64_t unix_ms,
                                                              const std::function<bool()>& gone) {
  // From here on those who store events see the new bound.
  if (absl::Status raised = RaiseKeptFrom(unix_ms, gone); !raised.ok()) return raised;
  RetentionResult result;
  absl::StatusOr<std::int64_t> kept_from = KeptFrom();
  if (!kept_from.ok()) return kept_from.status();
  result.kept_from_unix_ms = *kept_from;
  absl::Status status = DropPartitions(result, gone);
  if (status.ok()) status = DeleteRows(result, gone);
  if (status.ok()) {
    status = database_.Transact([&](Transaction& transaction) {
      return DeleteConflictsBefore(transaction, Blob{LeastId(result.kept_from_unix_ms)});
    });
  }
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<RetentionResult> Retention::Apply(const std::function<bool()>& gone) {
  absl::StatusOr<std::int64_t> from = FloorOf(options_.retention_days);
  if (!from.ok()) return from.status();
  // Also when nothing is to go by now: an earlier run may have been cut off.
  absl::StatusOr<RetentionResult> result = DeleteEventsBefore(*from, gone);
  if (!result.ok()) return result;
  absl::Status status = DeleteRollups(*result, gone);
  if (!status.ok()) return status;
  return result;
}

}  // namespace weir::usage
