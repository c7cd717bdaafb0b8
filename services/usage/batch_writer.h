// From many streams of events to few transactions.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

#include "services/usage/minute_count.h"
#include "services/usage/usage_event.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_metrics.h"

namespace weir::usage {

struct BatchWriterOptions {
  std::int64_t batch_events_due = 2000;  // commit when so many wait; at most the next one counts,
  // What has come meanwhile goes too, up to so many: the busier, the fewer commits, each of which
  // adds to the same few sums.
  std::int64_t batch_events_max = 10'000;
  std::int64_t batch_age_ms = 50;  // or when the oldest has waited so long
  std::int64_t queue_events_max = 20000;
  std::int64_t retry_delay_ms_min = 100;
  std::int64_t retry_delay_ms_max = 5000;
  int writers = 1;  // batches that are committed at once
};

// What became of one submission, after the commit.
struct BatchOutcome {
  std::int64_t inserted = 0;
  std::int64_t duplicates = 0;  // with the conflicts
  std::int64_t conflicts = 0;   // repeated with another content
  std::int64_t too_old = 0;     // refused: of a time that is no longer kept
  std::int64_t refused = 0;     // the database will never take them
};

// How storing goes.
struct WriterState {
  std::int64_t events_waiting = 0;         // queued or being committed
  std::int64_t oldest_waiting_ms = 0;      // of those
  std::int64_t failing_since_unix_ms = 0;  // 0 = the last try succeeded
  std::string last_error = {};             // of the last try, when it failed
  std::int64_t events_last_minute = 0;     // stored, new
};

// A bounded queue with some threads behind it. Commits several submissions in one transaction, each
// whole in one. When the database fails it tries the same batch again until it succeeds: nothing
// leaves the queue uncommitted. When the store says that it will never take a batch
// (InvalidArgument, FailedPrecondition), the batch is halved until the events that are to blame
// stand alone: those are logged, counted and answered as refused, all others are stored.
// Thread-safe.
class BatchWriter {
 public:
  // UsageLedger::Insert, or what a test puts in its place. Called by as many threads as there are
  // writers.
  using Store =
      std::function<absl::StatusOr<std::vector<Stored>>(const std::vector<const UsageEvent*>&)>;

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

  // Without asking the database.
  WriterState State();

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
  absl::StatusOr<std::vector<Stored>> StoreWithRetries(
      const std::vector<const UsageEvent*>& events);
  absl::StatusOr<std::vector<Stored>> StoreAllButBad(const std::vector<const UsageEvent*>& events);
  BatchOutcome Count(const std::vector<Stored>& outcomes);
  void Commit(Batch& batch);
  void NoteTry(const absl::Status& status);
  void NoteStored(const std::vector<Stored>& outcomes);
  bool SleepBeforeRetry(std::int64_t delay_ms);
  bool GivenUp();
  bool HasRoom(std::int64_t events) const;  // with mutex_ held
  void SetQueued(std::int64_t events);      // with mutex_ held

  const Store store_;
  const BatchWriterOptions options_;
  UsageMetrics& metrics_;

  std::mutex mutex_;  // guards all below but the threads
  std::condition_variable changed_;
  std::deque<Submission> queue_;
  std::int64_t waiting_events_ = 0;         // in queue_
  std::int64_t queued_events_ = 0;          // in queue_ or being committed
  std::multiset<std::int64_t> committing_;  // when the oldest event of each such batch arrived
  std::int64_t failing_since_unix_ms_ = 0;
  std::string last_error_;
  MinuteCount stored_;       // by the seconds of SteadyNs
  bool collecting_ = false;  // a thread waits for its batch to be due; the others for that thread
  bool stopping_ = false;
  std::int64_t give_up_ns_ = INT64_MAX;  // on the clock of SteadyNs
  std::vector<std::thread> threads_;
};

}  // namespace weir::usage
