// Tasks: when each is due, who runs it now, how it went last. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::admin {

// How a run went.
struct TaskRun {
  std::int64_t started_at_ms = 0;  // 0 = never
  std::int64_t duration_ms = 0;
  bool good = false;
  bool asked_for = false;   // by an administrator
  std::string detail = {};  // what was done, or why it failed
};

struct Task {
  std::string name = {};
  std::string schedule = {};  // see libs/common/cron.h
  std::string time_zone = {};
  bool enabled = true;
  std::int64_t next_run_at_ms = 0;  // 0 = not by itself
  std::int64_t asked_at_ms = 0;     // 0 = nobody asks for a run now
  std::string runner = {};          // the run that has it; empty = none
  std::int64_t run_until_ms = 0;    // when a silent runner is thought dead
  TaskRun last = {};

  bool Running(std::int64_t now_ms) const { return !runner.empty() && now_ms < run_until_ms; }
  bool Due(std::int64_t now_ms) const {
    return asked_at_ms != 0 || (next_run_at_ms != 0 && next_run_at_ms <= now_ms);
  }
};

namespace task_store {

absl::StatusOr<std::vector<Task>> List(sql::Transaction& transaction);
absl::StatusOr<Task> Get(sql::Transaction& transaction, std::string_view name);  // NotFound

// Keeps what is there.
absl::Status InsertMissing(sql::Transaction& transaction, const Task& task);
// Schedule, time zone, enabled and next_run_at_ms.
absl::Status Plan(sql::Transaction& transaction, const Task& task);
absl::Status Ask(sql::Transaction& transaction, std::string_view name, std::int64_t now_ms);

// Makes `runner` the one that runs it, and plans the next run; false when another process was
// quicker. `seen` is the task as it was when it was found due.
absl::StatusOr<bool> Claim(sql::Transaction& transaction, const Task& seen, const Task& claimed);
// The runner lives. False when it was thought dead.
absl::StatusOr<bool> Renew(sql::Transaction& transaction, const Task& claimed);
absl::Status Finish(sql::Transaction& transaction, const Task& claimed, const TaskRun& run);

inline constexpr std::int64_t kRunsKept = 100;  // of each task

// How it went before, the last run first.
absl::StatusOr<std::vector<TaskRun>> Runs(sql::Transaction& transaction, std::string_view name,
                                          std::int64_t limit);

}  // namespace task_store
}  // namespace weir::admin
