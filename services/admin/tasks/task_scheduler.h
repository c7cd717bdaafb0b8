// Runs tasks when they are due, each once whatever number of admins there is.
//
// Who runs a task is a row of the database: a process claims it by changing the row as it saw it,
// and renews its claim while it works. When it dies, the claim runs out within a minute. A run that
// lost its claim, because its process or the database stood still for so long, is told to stop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/metrics.h"
#include "services/admin/store/store.h"
#include "services/admin/store/task_store.h"
#include "services/admin/tasks/task_list.h"

namespace weir::admin {

// When `task` is due next after `after_ms` by its schedule; 0 when it is switched off.
// InvalidArgument as of CronSchedule::Parse.
absl::StatusOr<std::int64_t> NextRunOf(const Task& task, std::int64_t after_ms);

// Thread-safe.
class TaskScheduler {
 public:
  // Both references must outlive it.
  TaskScheduler(Store& store, std::vector<TaskSpec> specs, Metrics& metrics);
  ~TaskScheduler();

  // Writes down tasks that are new, and begins. What was missed while no admin ran is due at once.
  absl::Status Start();
  // Asks what runs to end, and waits for it.
  void Stop();
  // Looks at once what is due.
  void Wake();

  // In the order of their names.
  const std::vector<TaskSpec>& specs() const { return specs_; }
  const TaskSpec* Find(std::string_view name) const;

 private:
  struct Run {
    Run(const Task& the_task, const TaskSpec& the_spec, bool by_administrator)
        : task(the_task),
          spec(the_spec),
          asked_for(by_administrator),
          claimed_until_ms(the_task.run_until_ms) {}

    const Task task;
    const TaskSpec& spec;
    const bool asked_for;
    std::int64_t claimed_until_ms;       // the loop's own
    std::atomic<bool> stop_now = false;  // the claim is lost
    std::atomic<bool> done = false;
    std::thread thread;
  };

  void Loop();
  absl::Status StartDue();
  absl::Status StartOne(const Task& seen, std::int64_t now_ms);
  void RenewClaims();
  void RenewClaim(Run& run);
  bool RunsHere(std::string_view name) const;
  void Work(Run& run);
  void JoinFinished();

  Store& store_;
  const std::vector<TaskSpec> specs_;
  Metrics& metrics_;
  std::list<Run> runs_;  // the loop's own
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  // guards woken_
  std::condition_variable changed_;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace weir::admin
