#include "services/usage/rerate_ledger.h"

#include <string_view>

#include "libs/common/text.h"
#include "services/usage/rerate_step.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Row;
using sql::Transaction;

constexpr std::string_view kLockName = "weir_usage_rerate";

constexpr std::string_view kRunColumns =
    "id, state, dry_run, charge_budgets, from_unix_ms, to_unix_ms, "
    "created_at_unix_ms, updated_at_unix_ms, ended_at_unix_ms, rated_until_unix_ms, last_id, "
    "error, "
    "events, corrected, unpriced, unknown_provider, before_nano_usd, after_nano_usd";

RerateCounts CountsFromRow(const Row& row, std::size_t column) {
  RerateCounts counts;
  for (std::int64_t* field :
       {&counts.events, &counts.corrected, &counts.unpriced, &counts.unknown_provider,
        &counts.before_nano_usd, &counts.after_nano_usd}) {
    *field = row.Int(column++);
  }
  return counts;
}

RerateRun RunFromRow(const Row& row) {
  RerateRun run;
  std::size_t column = 0;
  run.id = row.Int(column++);
  run.state = static_cast<RerateState>(row.Int(column++));
  run.dry_run = row.Int(column++) != 0;
  run.charge_budgets = row.Int(column++) != 0;
  for (std::int64_t* field :
       {&run.from_unix_ms, &run.to_unix_ms, &run.created_at_unix_ms, &run.updated_at_unix_ms,
        &run.ended_at_unix_ms, &run.rated_until_unix_ms}) {
    *field = row.Int(column++);
  }
  run.last_id = row.Bytes(column++);
  run.error = row.Text(column++);
  run.counts = CountsFromRow(row, column);
  return run;
}

absl::StatusOr<std::vector<RerateRun>> ReadRuns(Transaction& transaction, std::string_view rest,
                                                const std::vector<sql::Value>& parameters) {
  absl::StatusOr<Result> result =
      transaction.Execute(StrCat("SELECT ", kRunColumns, " FROM usage_rerates ", rest), parameters);
  if (!result.ok()) return result.status();
  std::vector<RerateRun> runs;
  for (const Row& row : result->rows) runs.push_back(RunFromRow(row));
  return runs;
}

absl::StatusOr<RerateRun> ReadRun(Transaction& transaction, std::int64_t run_id) {
  absl::StatusOr<std::vector<RerateRun>> runs = ReadRuns(transaction, "WHERE id = $1", {run_id});
  if (!runs.ok()) return runs.status();
  if (runs->empty()) return absl::NotFoundError("no run has this id");
  return std::move(runs->front());
}

absl::Status ReadOrder(Transaction& transaction, RerateRun& run) {
  absl::StatusOr<Result> result =
      transaction.Execute("SELECT order_bytes FROM usage_rerates WHERE id = $1", {run.id});
  if (!result.ok()) return result.status();
  if (!result->rows.empty()) run.order = result->rows[0].Bytes(0);
  return absl::OkStatus();
}

absl::Status ReadModels(Transaction& transaction, RerateRun& run) {
  absl::StatusOr<Result> result = transaction.Execute(
      "SELECT model, events, corrected, unpriced, unknown_provider, before_nano_usd, "
      "after_nano_usd FROM usage_rerate_models WHERE rerate_id = $1 ORDER BY model",
      {run.id});
  if (!result.ok()) return result.status();
  run.models.clear();
  for (const Row& row : result->rows) run.models.emplace_back(row.Text(0), CountsFromRow(row, 1));
  return absl::OkStatus();
}

// Runs that are over and long past.
absl::Status DeleteOldRuns(Transaction& transaction, std::int64_t newest_id) {
  for (const std::string_view sql :
       {"DELETE FROM usage_rerate_models WHERE rerate_id IN (SELECT id FROM usage_rerates WHERE id "
        "<= $1 AND state <> 1)",
        "DELETE FROM usage_rerates WHERE id <= $1 AND state <> 1"}) {
    absl::StatusOr<Result> done = transaction.Execute(sql, {newest_id - kRerateRunsMax});
    if (!done.ok()) return done.status();
  }
  return absl::OkStatus();
}

absl::StatusOr<RerateRun> InsertRun(Transaction& transaction, const RerateOrder& order,
                                    const std::string& order_bytes, std::int64_t now_unix_ms) {
  // Two that begin at once take two numbers.
  if (absl::Status locked = transaction.Lock(kLockName); !locked.ok()) return locked;
  absl::StatusOr<Result> last =
      transaction.Execute("SELECT COALESCE(MAX(id), 0) FROM usage_rerates");
  if (!last.ok()) return last.status();
  const std::int64_t id = last->rows.at(0).Int(0) + 1;
  absl::StatusOr<Result> done = transaction.Execute(
      "INSERT INTO usage_rerates (id, state, order_bytes, dry_run, charge_budgets, from_unix_ms, "
      "to_unix_ms, created_at_unix_ms, updated_at_unix_ms, ended_at_unix_ms, rated_until_unix_ms, "
      "last_id, error, events, corrected, unpriced, unknown_provider, before_nano_usd, "
      "after_nano_usd) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $7, 0, $5, $8, '', 0, 0, 0, 0, 0, 0)",
      {id, Blob{order_bytes}, std::int64_t{order.dry_run}, std::int64_t{order.charge_budgets},
       order.filter.from_unix_ms, order.filter.to_unix_ms, now_unix_ms, Blob{""}});
  if (!done.ok()) return done.status();
  if (absl::Status deleted = DeleteOldRuns(transaction, id); !deleted.ok()) return deleted;
  return ReadRun(transaction, id);
}

// Nobody goes on with it: its order, a list of prices, is of no use any more.
absl::Status EndRun(Transaction& transaction, std::int64_t run_id, RerateState state,
                    const std::string& error, std::int64_t now_unix_ms) {
  return transaction
      .Execute(
          "UPDATE usage_rerates SET state = $1, error = $2, updated_at_unix_ms = $3, "
          "ended_at_unix_ms = $3, order_bytes = $5 WHERE id = $4 AND state = 1",
          {static_cast<std::int64_t>(state), error, now_unix_ms, run_id, Blob{""}})
      .status();
}

}  // namespace

absl::StatusOr<RerateRun> RerateLedger::Start(const RerateOrder& order,
                                              const std::string& order_bytes) {
  if (order.filter.from_unix_ms <= 0 || order.filter.to_unix_ms <= order.filter.from_unix_ms) {
    return absl::InvalidArgumentError("from must be before to");
  }
  RerateRun run;
  absl::Status status = database_.Transact([&](Transaction& transaction) {
    absl::StatusOr<RerateRun> inserted =
        InsertRun(transaction, order, order_bytes, clock_.NowUnixMs());
    if (!inserted.ok()) return inserted.status();
    run = *std::move(inserted);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return run;
}

absl::StatusOr<RerateRun> RerateLedger::NextRunning() {
  RerateRun run;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<std::vector<RerateRun>> runs =
        ReadRuns(transaction, "WHERE state = 1 ORDER BY id LIMIT 1", {});
    if (!runs.ok()) return runs.status();
    run = runs->empty() ? RerateRun{} : std::move(runs->front());
    return run.id == 0 ? absl::OkStatus() : ReadOrder(transaction, run);
  });
  if (!status.ok()) return status;
  return run;
}

absl::StatusOr<bool> RerateLedger::Step(std::int64_t run_id, const RerateOrder& order) {
  bool more = false;
  absl::Status status = database_.Transact([&](Transaction& transaction) {
    more = false;
    if (absl::Status locked = transaction.Lock(kLockName); !locked.ok()) return locked;
    absl::StatusOr<RerateRun> run = ReadRun(transaction, run_id);
    if (!run.ok() || run->state != RerateState::kRunning) return run.status();
    absl::StatusOr<bool> stepped = RunRerateStep(transaction, order,
                                                 {.run_id = run_id,
                                                  .last_id = run->last_id,
                                                  .events_max = step_events_,
                                                  .now_unix_ms = clock_.NowUnixMs()});
    more = stepped.value_or(false);
    return stepped.status();
  });
  if (!status.ok()) return status;
  return more;
}

absl::Status RerateLedger::Fail(std::int64_t run_id, const std::string& error) {
  return database_.Transact([&](Transaction& transaction) {
    return EndRun(transaction, run_id, RerateState::kFailed, error, clock_.NowUnixMs());
  });
}

absl::StatusOr<RerateRun> RerateLedger::Cancel(std::int64_t run_id) {
  absl::Status status = database_.Transact([&](Transaction& transaction) {
    // Behind the step that is under way.
    if (absl::Status locked = transaction.Lock(kLockName); !locked.ok()) return locked;
    return EndRun(transaction, run_id, RerateState::kCancelled, "", clock_.NowUnixMs());
  });
  if (!status.ok()) return status;
  return Get(run_id);
}

absl::StatusOr<RerateRun> RerateLedger::Get(std::int64_t run_id) {
  RerateRun run;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<RerateRun> read = ReadRun(transaction, run_id);
    if (!read.ok()) return read.status();
    run = *std::move(read);
    return ReadModels(transaction, run);
  });
  if (!status.ok()) return status;
  return run;
}

absl::StatusOr<std::vector<RerateRun>> RerateLedger::List() {
  std::vector<RerateRun> runs;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<std::vector<RerateRun>> read = ReadRuns(transaction, "ORDER BY id DESC", {});
    if (!read.ok()) return read.status();
    runs = *std::move(read);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return runs;
}

}  // namespace weir::usage
