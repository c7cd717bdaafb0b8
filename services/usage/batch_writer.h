// From many streams of events to few transactions.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

#include "services/usage/usage_event.h"
#include "services/usage/usage_metrics.h"

namespace weir::usage {

struct BatchWriterOptions {
  std::int64_t batch_events_max = 1000;  // commit when so many wait,
  std::int64_t batch_age_ms = 50;        // or when the oldest has waited so long
  std::int64_t queue_events_max = 20000;
  std::int64_t retry_delay_ms_min = 100;
  std::int64_t retry_delay_ms_max = 5000;
};

// What became of one submission, after the commit.
struct BatchOutcome {
  std::int64_t inserted = 0;
  std::int64_t duplicates = 0;
};

// A bounded queue with one thread behind it. Commits several submissions in one transaction, each
// whole in one. When the database fails it tries the same batch again until it succeeds: nothing
// leaves the queue uncommitted. Thread-safe.
class BatchWriter {
 public:
  // UsageLedger::Insert, or what a test puts in its place.
  using Store =
      std::function<absl::StatusOr<std::vector<bool>>(const std::vector<const UsageEvent*>&)>;

  // `metrics` must outlive it.
  BatchWriter(Store store, BatchWriterOptions options, UsageMetrics& metrics);
  // Stop(0), if it has not been stopped.
  ~BatchWriter();

  // Waits while the queue is full; this is what slows the relays down when the database is slow. A
  // submission larger than the whole queue gets in when the queue is empty. The future is
  // Unavailable when the writer was stopped before it could commit. After Stop: Unavailable at
  // once. `gone` is asked now and then while waiting: true = nobody waits for the answer any more,
  // Cancelled.
  absl::StatusOr<std::future<absl::StatusOr<BatchOutcome>>> Submit(
      std::vector<UsageEvent> events, const std::function<bool()>& gone = nullptr);

  // Takes no more, commits what is queued for at most `timeout_ms`, fails the rest.
  void Stop(std::int64_t timeout_ms);

 private:
  struct Submission {
    std::vector<UsageEvent> events;
    std::promise<absl::StatusOr<BatchOutcome>> outcome;
    std::int64_t arrived_ns = 0;
  };
  using Batch = std::vector<Submission>;

  void Run();
  Batch TakeBatch();
  void WaitForBatch(std::unique_lock<std::mutex>& lock);
  absl::StatusOr<std::vector<bool>> StoreWithRetries(const std::vector<const UsageEvent*>& events);
  void Commit(Batch& batch);
  bool SleepBeforeRetry(std::int64_t delay_ms);
  bool GivenUp();
  bool HasRoom(std::int64_t events) const;  // with mutex_ held
  void SetQueued(std::int64_t events);      // with mutex_ held

  const Store store_;
  const BatchWriterOptions options_;
  UsageMetrics& metrics_;

  std::mutex mutex_;  // guards all below but the thread
  std::condition_variable changed_;
  std::deque<Submission> queue_;
  std::int64_t waiting_events_ = 0;  // in queue_
  std::int64_t queued_events_ = 0;   // in queue_ or being committed
  bool stopping_ = false;
  std::int64_t give_up_ns_ = INT64_MAX;  // on the clock of SteadyNs
  std::thread thread_;
};

}  // namespace weir::usage
