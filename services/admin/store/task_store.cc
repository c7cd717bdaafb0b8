#include "services/admin/store/task_store.h"

#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin::task_store {
namespace {

constexpr std::string_view kSelect =
    "SELECT name, schedule, time_zone, enabled, next_run_at_ms, asked_at_ms, runner, run_until_ms, "
    "last_started_at_ms, last_duration_ms, last_good, last_asked_for, last_detail FROM tasks";

Task FromRow(const sql::Row& row) {
  return {.name = row.Text(0),
          .schedule = row.Text(1),
          .time_zone = row.Text(2),
          .enabled = row.Int(3) != 0,
          .next_run_at_ms = row.Int(4),
          .asked_at_ms = row.Int(5),
          .runner = row.Text(6),
          .run_until_ms = row.Int(7),
          .last = {.started_at_ms = row.Int(8),
                   .duration_ms = row.Int(9),
                   .good = row.Int(10) != 0,
                   .asked_for = row.Int(11) != 0,
                   .detail = row.Text(12)}};
}

}  // namespace

absl::StatusOr<std::vector<Task>> List(sql::Transaction& transaction) {
  auto result = transaction.Execute(StrCat(kSelect, " ORDER BY name"));
  if (!result.ok()) return result.status();
  std::vector<Task> tasks;
  for (const sql::Row& row : result->rows) tasks.push_back(FromRow(row));
  return tasks;
}

absl::StatusOr<Task> Get(sql::Transaction& transaction, std::string_view name) {
  auto result = transaction.Execute(StrCat(kSelect, " WHERE name = $1"), {std::string(name)});
  if (!result.ok()) return result.status();
  if (result->rows.empty()) return NotFound("task");
  return FromRow(result->rows.front());
}

absl::Status InsertMissing(sql::Transaction& transaction, const Task& task) {
  return transaction
      .Execute(
          "INSERT INTO tasks (name, schedule, time_zone, enabled, next_run_at_ms, asked_at_ms, "
          "runner, run_until_ms, last_started_at_ms, last_duration_ms, last_good, last_asked_for, "
          "last_detail) VALUES ($1, $2, $3, $4, $5, 0, '', 0, 0, 0, 0, 0, '') "
          "ON CONFLICT (name) DO NOTHING",
          {task.name, task.schedule, task.time_zone, std::int64_t{task.enabled},
           task.next_run_at_ms})
      .status();
}

absl::Status Plan(sql::Transaction& transaction, const Task& task) {
  return transaction
      .Execute(
          "UPDATE tasks SET schedule = $2, time_zone = $3, enabled = $4, next_run_at_ms = $5 "
          "WHERE name = $1",
          {task.name, task.schedule, task.time_zone, std::int64_t{task.enabled},
           task.next_run_at_ms})
      .status();
}

absl::Status Ask(sql::Transaction& transaction, std::string_view name, std::int64_t now_ms) {
  return transaction
      .Execute("UPDATE tasks SET asked_at_ms = $2 WHERE name = $1", {std::string(name), now_ms})
      .status();
}

absl::StatusOr<bool> Claim(sql::Transaction& transaction, const Task& seen, const Task& claimed) {
  auto result = transaction.Execute(
      "UPDATE tasks SET runner = $2, run_until_ms = $3, next_run_at_ms = $4, asked_at_ms = 0 "
      "WHERE name = $1 AND next_run_at_ms = $5 AND asked_at_ms = $6 AND runner = $7 AND "
      "run_until_ms = $8",
      {claimed.name, claimed.runner, claimed.run_until_ms, claimed.next_run_at_ms,
       seen.next_run_at_ms, seen.asked_at_ms, seen.runner, seen.run_until_ms});
  if (!result.ok()) return result.status();
  return result->affected_rows == 1;
}

absl::StatusOr<bool> Renew(sql::Transaction& transaction, const Task& claimed) {
  auto result =
      transaction.Execute("UPDATE tasks SET run_until_ms = $3 WHERE name = $1 AND runner = $2",
                          {claimed.name, claimed.runner, claimed.run_until_ms});
  if (!result.ok()) return result.status();
  return result->affected_rows == 1;
}

namespace {

// The oldest go, so that a task of every minute does not fill the database.
absl::Status Remember(sql::Transaction& transaction, const Task& claimed, const TaskRun& run) {
  auto inserted = transaction.Execute(
      "INSERT INTO task_runs (name, started_at_ms, runner, duration_ms, good, asked_for, detail) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name, started_at_ms, runner) DO NOTHING",
      {claimed.name, run.started_at_ms, claimed.runner, run.duration_ms, std::int64_t{run.good},
       std::int64_t{run.asked_for}, run.detail});
  if (!inserted.ok()) return inserted.status();
  return transaction
      .Execute(
          "DELETE FROM task_runs WHERE name = $1 AND started_at_ms < (SELECT MIN(started_at_ms) "
          "FROM (SELECT started_at_ms FROM task_runs WHERE name = $1 "
          "ORDER BY started_at_ms DESC LIMIT $2) AS kept)",
          {claimed.name, kRunsKept})
      .status();
}

}  // namespace

absl::StatusOr<std::vector<TaskRun>> Runs(sql::Transaction& transaction, std::string_view name,
                                          std::int64_t limit) {
  auto result = transaction.Execute(
      "SELECT started_at_ms, duration_ms, good, asked_for, detail FROM task_runs WHERE name = $1 "
      "ORDER BY started_at_ms DESC, runner LIMIT $2",
      {std::string(name), limit});
  if (!result.ok()) return result.status();
  std::vector<TaskRun> runs;
  for (const sql::Row& row : result->rows) {
    runs.push_back({.started_at_ms = row.Int(0),
                    .duration_ms = row.Int(1),
                    .good = row.Int(2) != 0,
                    .asked_for = row.Int(3) != 0,
                    .detail = row.Text(4)});
  }
  return runs;
}

absl::Status Finish(sql::Transaction& transaction, const Task& claimed, const TaskRun& run) {
  if (absl::Status kept = Remember(transaction, claimed, run); !kept.ok()) return kept;
  return transaction
      .Execute(
          "UPDATE tasks SET runner = '', run_until_ms = 0, last_started_at_ms = $3, "
          "last_duration_ms = $4, last_good = $5, last_asked_for = $6, last_detail = $7 "
          "WHERE name = $1 AND runner = $2",
          {claimed.name, claimed.runner, run.started_at_ms, run.duration_ms, std::int64_t{run.good},
           std::int64_t{run.asked_for}, run.detail})
      .status();
}

}  // namespace weir::admin::task_store
