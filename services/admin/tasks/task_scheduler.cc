#include "services/admin/tasks/task_scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/cron.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "libs/common/utf8.h"

namespace weir::admin {
namespace {

constexpr std::chrono::seconds kPoll{5};  // so long until another process's change is seen
constexpr std::int64_t kClaimMs = 60'000;
constexpr std::size_t kDetailBytesMax = 500;

TaskRun RunOf(const absl::StatusOr<std::string>& result, std::int64_t started_at_ms,
              std::int64_t duration_ms, bool asked_for) {
  TaskRun run{.started_at_ms = started_at_ms,
              .duration_ms = duration_ms,
              .good = result.ok(),
              .asked_for = asked_for};
  AssignValidUtf8(run.detail,
                  result.ok() ? std::string_view(*result) : View(result.status().message()),
                  kDetailBytesMax);
  return run;
}

}  // namespace

absl::StatusOr<std::int64_t> NextRunOf(const Task& task, std::int64_t after_ms) {
  const absl::StatusOr<CronSchedule> schedule = CronSchedule::Parse(task.schedule, task.time_zone);
  if (!schedule.ok()) return schedule.status();
  return task.enabled ? schedule->NextAfter(after_ms) : 0;
}

TaskScheduler::TaskScheduler(Store& store, std::vector<TaskSpec> specs, Metrics& metrics)
    : store_(store), specs_(std::move(specs)), metrics_(metrics) {}

TaskScheduler::~TaskScheduler() { Stop(); }

const TaskSpec* TaskScheduler::Find(std::string_view name) const {
  for (const TaskSpec& spec : specs_) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

absl::Status TaskScheduler::Start() {
  const std::int64_t now_ms = store_.NowMs();
  absl::Status status = store_.Change([&](sql::Transaction& transaction, Changes&) {
    for (const TaskSpec& spec : specs_) {
      Task task{.name = std::string(spec.name),
                .schedule = std::string(spec.schedule),
                .time_zone = "UTC"};
      absl::StatusOr<std::int64_t> next = NextRunOf(task, now_ms);
      if (!next.ok()) return next.status();
      task.next_run_at_ms = *next;
      absl::Status inserted = task_store::InsertMissing(transaction, task);
      if (!inserted.ok()) return inserted;
    }
    return absl::OkStatus();
  });
  if (status.ok()) thread_ = std::thread([this] { Loop(); });
  return status;
}

void TaskScheduler::Stop() {
  stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
}

void TaskScheduler::Wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void TaskScheduler::Loop() {
  NameBackgroundThread("task scheduler");
  while (!stopping_) {
    JoinFinished();
    RenewClaims();
    if (absl::Status started = StartDue(); !started.ok()) {
      LogWarning("tasks cannot be read", {{"error", View(started.message())}});
    }
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, kPoll, [this] { return woken_; });
    woken_ = false;
  }
  for (Run& run : runs_) run.thread.join();
  runs_.clear();
}

void TaskScheduler::JoinFinished() {
  for (auto run = runs_.begin(); run != runs_.end();) {
    if (!run->done) {
      ++run;
      continue;
    }
    run->thread.join();
    run = runs_.erase(run);
  }
}

void TaskScheduler::RenewClaims() {
  for (Run& run : runs_) {
    if (!run.done && !run.stop_now) RenewClaim(run);
  }
}

void TaskScheduler::RenewClaim(Run& run) {
  const std::int64_t now_ms = store_.NowMs();
  Task claimed = run.task;
  claimed.run_until_ms = now_ms + kClaimMs;
  const auto renewed = ChangeValue(store_, [&](sql::Transaction& transaction, Changes&) {
    return task_store::Renew(transaction, claimed);
  });
  if (renewed.ok() && *renewed) {
    run.claimed_until_ms = claimed.run_until_ms;
    return;
  }
  if (!renewed.ok()) {
    LogWarning("a task's claim is not renewed",
               {{"task", run.task.name}, {"error", View(renewed.status().message())}});
    if (now_ms < run.claimed_until_ms) return;
  }
  // Somebody else runs it now, or may do so at any moment. It may also just have ended.
  run.stop_now = true;
  if (!run.done) LogWarning("a task lost its claim and is told to stop", {{"task", run.task.name}});
}

bool TaskScheduler::RunsHere(std::string_view name) const {
  return std::any_of(runs_.begin(), runs_.end(),
                     [name](const Run& run) { return !run.done && run.task.name == name; });
}

absl::Status TaskScheduler::StartDue() {
  const std::int64_t now_ms = store_.NowMs();
  const auto tasks = ReadValue(store_, task_store::List);
  if (!tasks.ok()) return tasks.status();
  for (const Task& task : *tasks) {
    if (!task.Due(now_ms) || task.Running(now_ms) || RunsHere(task.name)) continue;
    if (Find(task.name) == nullptr) continue;
    if (absl::Status started = StartOne(task, now_ms); !started.ok()) return started;
  }
  return absl::OkStatus();
}

absl::Status TaskScheduler::StartOne(const Task& seen, std::int64_t now_ms) {
  Task task = seen;
  const absl::StatusOr<std::int64_t> next = NextRunOf(task, now_ms);
  if (!next.ok()) {  // its time zone is gone from this system, perhaps
    LogError("a task's schedule cannot be read; it is planned no more",
             {{"task", task.name}, {"error", View(next.status().message())}});
  }
  task.next_run_at_ms = next.value_or(0);
  task.runner = RandomHex(8);  // of this run alone, so that its end releases no later claim
  task.run_until_ms = now_ms + kClaimMs;
  const auto claimed = ChangeValue(store_, [&](sql::Transaction& transaction, Changes&) {
    return task_store::Claim(transaction, seen, task);
  });
  if (!claimed.ok() || !*claimed) return claimed.status();
  Run& run = runs_.emplace_back(task, *Find(task.name), seen.asked_at_ms != 0);
  run.thread = std::thread([this, &run] { Work(run); });
  return absl::OkStatus();
}

// On a thread of its own.
void TaskScheduler::Work(Run& run) {
  NameBackgroundThread("task");
  const std::int64_t started_at_ms = store_.NowMs();
  const std::int64_t began_ns = SteadyNs();
  const absl::StatusOr<std::string> result =
      run.spec.run([&] { return stopping_ || run.stop_now; });
  const TaskRun last =
      RunOf(result, started_at_ms, (SteadyNs() - began_ns) / kNsPerMs, run.asked_for);
  absl::Status finished = store_.Change([&](sql::Transaction& transaction, Changes&) {
    return task_store::Finish(transaction, run.task, last);
  });
  const std::string_view word = last.good ? "ok" : "failed";
  Metrics::Increment(metrics_.AddCounter("weir_admin_task_runs_total",
                                         "Runs of tasks by this process, by their result.",
                                         {{"task", run.task.name}, {"result", std::string(word)}}));
  const LogLevel level = last.good ? LogLevel::kInfo : LogLevel::kWarning;
  Log(level, "task done",
      {{"task", run.task.name},
       {"result", word},
       {"detail", last.detail},
       {"duration_ms", last.duration_ms}});
  if (!finished.ok()) {
    LogWarning("a task's result is not stored",
               {{"task", run.task.name}, {"error", View(finished.message())}});
  }
  run.done = true;
  Wake();
}

}  // namespace weir::admin
