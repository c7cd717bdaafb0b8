#include "services/usage/batch_writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr double kSecondsPerNs = 1e-9;
constexpr std::chrono::milliseconds kGonePoll{200};

absl::Status StoppedError() { return absl::UnavailableError("usage is stopping"); }

}  // namespace

BatchWriter::BatchWriter(Store store, BatchWriterOptions options, UsageMetrics& metrics)
    : store_(std::move(store)), options_(options), metrics_(metrics), thread_([this] { Run(); }) {}

BatchWriter::~BatchWriter() { Stop(0); }

bool BatchWriter::HasRoom(std::int64_t events) const {
  return queued_events_ == 0 || queued_events_ + events <= options_.queue_events_max;
}

void BatchWriter::SetQueued(std::int64_t events) {
  queued_events_ = events;
  Metrics::Set(metrics_.queue_events, static_cast<double>(events));
}

absl::StatusOr<std::future<absl::StatusOr<BatchOutcome>>> BatchWriter::Submit(
    std::vector<UsageEvent> events, const std::function<bool()>& gone) {
  Submission submission{std::move(events), {}, SteadyNs()};
  std::future<absl::StatusOr<BatchOutcome>> outcome = submission.outcome.get_future();
  const auto count = static_cast<std::int64_t>(submission.events.size());
  if (count == 0) {
    submission.outcome.set_value(BatchOutcome{});
    return outcome;
  }
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(lock, kGonePoll, [&] { return stopping_ || HasRoom(count); })) {
    if (gone && gone()) return absl::CancelledError("the relay is gone");
  }
  if (stopping_) return StoppedError();
  waiting_events_ += count;
  SetQueued(queued_events_ + count);
  queue_.push_back(std::move(submission));
  lock.unlock();
  changed_.notify_all();
  return outcome;
}

void BatchWriter::Stop(std::int64_t timeout_ms) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stopping_) give_up_ns_ = SteadyNs() + timeout_ms * kNsPerMs;
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// Until a batch is due: enough events, old enough, or the end.
void BatchWriter::WaitForBatch(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) return;
  const std::int64_t age_ns = SteadyNs() - queue_.front().arrived_ns;
  changed_.wait_for(lock, std::chrono::nanoseconds(options_.batch_age_ms * kNsPerMs - age_ns),
                    [this] { return stopping_ || waiting_events_ >= options_.batch_events_max; });
}

// Empty only when the writer has been stopped and nothing is left.
BatchWriter::Batch BatchWriter::TakeBatch() {
  std::unique_lock<std::mutex> lock(mutex_);
  WaitForBatch(lock);
  Batch batch;
  std::int64_t taken = 0;
  while (!queue_.empty()) {
    const auto count = static_cast<std::int64_t>(queue_.front().events.size());
    if (!batch.empty() && taken + count > options_.batch_events_max) break;
    taken += count;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  waiting_events_ -= taken;
  return batch;
}

void BatchWriter::Run() {
  for (Batch batch = TakeBatch(); !batch.empty(); batch = TakeBatch()) Commit(batch);
}

bool BatchWriter::GivenUp() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return SteadyNs() >= give_up_ns_;
}

// False when the time to give up has come.
bool BatchWriter::SleepBeforeRetry(std::int64_t delay_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  const std::int64_t until_ns = SteadyNs() + delay_ms * kNsPerMs;
  // Stop() may bring the time to give up nearer while we sleep.
  for (;;) {
    const std::int64_t now_ns = SteadyNs();
    if (now_ns >= give_up_ns_) return false;
    if (now_ns >= until_ns) return true;
    changed_.wait_for(lock, std::chrono::nanoseconds(std::min(until_ns, give_up_ns_) - now_ns));
  }
}

absl::StatusOr<std::vector<bool>> BatchWriter::StoreWithRetries(
    const std::vector<const UsageEvent*>& events) {
  Backoff backoff(options_.retry_delay_ms_min, options_.retry_delay_ms_max);
  while (!GivenUp()) {
    const std::int64_t began_ns = SteadyNs();
    absl::StatusOr<std::vector<bool>> marks = store_(events);
    Metrics::Observe(metrics_.commit_seconds,
                     static_cast<double>(SteadyNs() - began_ns) * kSecondsPerNs);
    if (marks.ok()) return marks;
    Metrics::Increment(metrics_.commit_failures);
    const std::int64_t delay_ms = backoff.NextDelayMs();
    LogError("events not stored; trying again", {{"events", events.size()},
                                                 {"error", View(marks.status().message())},
                                                 {"delay_ms", delay_ms}});
    if (!SleepBeforeRetry(delay_ms)) break;
  }
  return StoppedError();
}

void BatchWriter::Commit(Batch& batch) {
  std::vector<const UsageEvent*> events;
  for (const Submission& submission : batch) {
    for (const UsageEvent& event : submission.events) events.push_back(&event);
  }
  const absl::StatusOr<std::vector<bool>> marks = StoreWithRetries(events);
  if (marks.ok()) Metrics::Observe(metrics_.commit_events, static_cast<double>(events.size()));
  std::size_t next = 0;
  for (Submission& submission : batch) {
    if (!marks.ok()) {
      submission.outcome.set_value(marks.status());
      continue;
    }
    BatchOutcome outcome;
    for (std::size_t i = 0; i < submission.events.size(); ++i) {
      ++((*marks)[next++] ? outcome.inserted : outcome.duplicates);
    }
    Metrics::Increment(metrics_.events_inserted, static_cast<double>(outcome.inserted));
    Metrics::Increment(metrics_.events_duplicate, static_cast<double>(outcome.duplicates));
    submission.outcome.set_value(outcome);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    SetQueued(queued_events_ - static_cast<std::int64_t>(events.size()));
  }
  changed_.notify_all();
}

}  // namespace weir::usage
