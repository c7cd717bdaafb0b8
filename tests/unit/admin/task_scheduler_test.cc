#include "services/admin/tasks/task_scheduler.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

class TaskSchedulerTest : public StoreTest {
 protected:
  // A process of its own: another pool on the same database.
  struct Process {
    Process(std::unique_ptr<sql::Database> own, const Clock& clock, std::vector<TaskSpec> specs)
        : database(std::move(own)),
          store(*database, clock),
          scheduler(store, std::move(specs), metrics) {}

    std::unique_ptr<sql::Database> database;
    Metrics metrics;
    Store store;
    TaskScheduler scheduler;
  };

  std::vector<TaskSpec> Specs() {
    return {{"good", "Counts.", "*/10 * * * *",
             [this](const std::function<bool()>& gone) -> absl::StatusOr<std::string> {
               ++runs_;
               while (hold_ && (deaf_ || !gone())) {
                 std::this_thread::sleep_for(std::chrono::milliseconds(2));
               }
               ++ended_;
               return detail_;
             }},
            {"bad", "Fails.", "@daily",
             [](const std::function<bool()>&) -> absl::StatusOr<std::string> {
               return absl::UnavailableError("usage is away");
             }}};
  }

  std::unique_ptr<Process> Start() {
    auto process = std::make_unique<Process>(Open(2), clock(), Specs());
    const absl::Status started = process->scheduler.Start();
    EXPECT_TRUE(started.ok()) << started;
    return process;
  }

  Task Get(const std::string& name) {
    auto task = ReadValue(
        store(), [&](sql::Transaction& transaction) { return task_store::Get(transaction, name); });
    EXPECT_TRUE(task.ok()) << task.status();
    return task.value_or(Task{});
  }

  void Change(const std::function<absl::Status(sql::Transaction&)>& change) {
    const absl::Status changed = store().Change(
        [&](sql::Transaction& transaction, Changes&) { return change(transaction); });
    ASSERT_TRUE(changed.ok()) << changed;
  }

  static bool Eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 4'000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  std::atomic<int> runs_ = 0;
  std::atomic<int> ended_ = 0;
  std::atomic<bool> hold_ = false;
  std::atomic<bool> deaf_ = false;  // does not ask whether it is to stop
  std::string detail_ = "counted";
};

INSTANTIATE_ON_BOTH_DATABASES(TaskSchedulerTest);

TEST_P(TaskSchedulerTest, RunsWhatIsDueAndRemembersHowItWent) {
  const auto process = Start();
  const std::int64_t next_ms = Get("good").next_run_at_ms;
  EXPECT_GT(next_ms, clock().NowUnixMs());
  EXPECT_EQ(next_ms % (10 * kMinuteMs), 0);
  clock().SetUnixMs(next_ms);
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return Get("good").last.started_at_ms == next_ms; }));
  const Task task = Get("good");
  EXPECT_TRUE(task.last.good);
  EXPECT_EQ(task.last.detail, "counted");
  EXPECT_FALSE(task.last.asked_for);
  EXPECT_EQ(task.next_run_at_ms, next_ms + 10 * kMinuteMs);
  EXPECT_FALSE(task.Running(next_ms));
  EXPECT_EQ(runs_, 1);
}

TEST_P(TaskSchedulerTest, OneOfManyProcessesRunsIt) {
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 4; ++i) processes.push_back(Start());
  for (int round = 1; round <= 3; ++round) {
    clock().SetUnixMs(Get("good").next_run_at_ms);
    for (const auto& process : processes) process->scheduler.Wake();
    ASSERT_TRUE(Eventually([&] { return runs_ >= round && Get("good").runner.empty(); }));
  }
  for (const auto& process : processes) process->scheduler.Stop();
  EXPECT_EQ(runs_, 3);
}

TEST_P(TaskSchedulerTest, SaysWhyItFailed) {
  const auto process = Start();
  Change([&](sql::Transaction& transaction) {
    return task_store::Ask(transaction, "bad", clock().NowUnixMs());
  });
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return Get("bad").last.started_at_ms != 0; }));
  const Task task = Get("bad");
  EXPECT_FALSE(task.last.good);
  EXPECT_TRUE(task.last.asked_for);
  EXPECT_EQ(task.last.detail, "usage is away");
  EXPECT_EQ(task.asked_at_ms, 0);
}

TEST_P(TaskSchedulerTest, WhatIsSwitchedOffRunsOnlyWhenAskedFor) {
  const auto process = Start();
  Task task = Get("good");
  const std::int64_t was_due_ms = task.next_run_at_ms;
  task.enabled = false;
  task.next_run_at_ms = *NextRunOf(task, clock().NowUnixMs());
  EXPECT_EQ(task.next_run_at_ms, 0);
  Change([&](sql::Transaction& transaction) { return task_store::Plan(transaction, task); });
  clock().SetUnixMs(was_due_ms);
  Change([&](sql::Transaction& transaction) {
    return task_store::Ask(transaction, "bad", was_due_ms);
  });
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return Get("bad").last.started_at_ms != 0; }));
  EXPECT_EQ(runs_, 0) << "it looked, and found only the other one due";
  Change([&](sql::Transaction& transaction) {
    return task_store::Ask(transaction, "good", was_due_ms);
  });
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return Get("good").last.started_at_ms != 0; }));
  EXPECT_EQ(Get("good").next_run_at_ms, 0);
}

TEST_P(TaskSchedulerTest, WhatWasMissedIsDueAtOnceAndOnce) {
  Start();  // and gone again
  const std::int64_t next_ms = Get("good").next_run_at_ms;
  clock().SetUnixMs(next_ms + 95 * kMinuteMs);
  const auto process = Start();
  ASSERT_TRUE(Eventually([&] { return Get("good").last.started_at_ms != 0; }));
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(Get("good").next_run_at_ms, next_ms + 100 * kMinuteMs);
}

TEST_P(TaskSchedulerTest, ADeadRunnersClaimRunsOut) {
  const auto first = Start();
  hold_ = true;
  clock().SetUnixMs(Get("good").next_run_at_ms);
  first->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return runs_ == 1; }));
  // As a process leaves it that was killed.
  Change([&](sql::Transaction& transaction) {
    return transaction.Execute("UPDATE tasks SET runner = 'dead' WHERE name = 'good'").status();
  });
  clock().SetUnixMs(Get("good").next_run_at_ms);
  const auto second = Start();
  ASSERT_TRUE(Eventually([&] { return runs_ == 2; }));
  EXPECT_NE(Get("good").runner, "dead");
  hold_ = false;
  ASSERT_TRUE(Eventually([&] { return Get("good").runner.empty(); }));
  EXPECT_TRUE(Get("good").last.good);
}

// A process that stood still for longer than its claim must not run on beside the one that took
// over.
TEST_P(TaskSchedulerTest, ARunThatLostItsClaimStops) {
  const auto first = Start();
  hold_ = true;
  clock().SetUnixMs(Get("good").next_run_at_ms);
  first->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return runs_ == 1; }));
  Change([&](sql::Transaction& transaction) {
    return transaction.Execute("UPDATE tasks SET runner = 'other' WHERE name = 'good'").status();
  });
  first->scheduler.Wake();
  EXPECT_TRUE(Eventually([&] { return ended_ == 1; }));
  EXPECT_EQ(Get("good").runner, "other") << "its end releases nobody else's claim";
}

// Also the same process does not begin it anew while its first run, of which nobody heard for long,
// is still at work.
TEST_P(TaskSchedulerTest, AProcessRunsATaskOnceAtATime) {
  deaf_ = hold_ = true;
  const auto process = Start();
  clock().SetUnixMs(Get("good").next_run_at_ms);
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return runs_ == 1; }));
  Change([&](sql::Transaction& transaction) {
    return transaction.Execute("UPDATE tasks SET runner = '', run_until_ms = 0 WHERE name = 'good'")
        .status();
  });
  clock().SetUnixMs(Get("good").next_run_at_ms);
  Change([&](sql::Transaction& transaction) {
    return task_store::Ask(transaction, "bad", clock().NowUnixMs());
  });
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return Get("bad").last.started_at_ms != 0; }));
  EXPECT_EQ(runs_, 1);
  deaf_ = hold_ = false;
  EXPECT_TRUE(Eventually([&] { return runs_ == 2; })) << "then it does";
}

TEST_P(TaskSchedulerTest, DetailsAreCutBetweenCharacters) {
  detail_ = "a";
  for (int i = 0; i < 300; ++i) detail_ += "ü";
  const auto process = Start();
  clock().SetUnixMs(Get("good").next_run_at_ms);
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return Get("good").last.started_at_ms != 0; }));
  EXPECT_EQ(Get("good").last.detail, detail_.substr(0, 499));
}

TEST_P(TaskSchedulerTest, StoppingEndsWhatRuns) {
  const auto process = Start();
  hold_ = true;
  clock().SetUnixMs(Get("good").next_run_at_ms);
  process->scheduler.Wake();
  ASSERT_TRUE(Eventually([&] { return runs_ == 1; }));
  EXPECT_TRUE(Get("good").Running(clock().NowUnixMs()));
  process->scheduler.Stop();
  EXPECT_FALSE(Get("good").Running(clock().NowUnixMs()));
}

}  // namespace
}  // namespace weir::admin
