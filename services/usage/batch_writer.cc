#include "services/usage/batch_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"

namespace weir::usage {
namespace {

constexpr std::int64_t kNsPerSecond = 1000 * kNsPerMs;

constexpr double kSecondsPerNs = 1e-9;
constexpr std::chrono::milliseconds kGonePoll{200};

absl::Status StoppedError() { return absl::UnavailableError("usage is stopping"); }

// The same events would fail in the same way for ever.
bool IsForGood(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

std::int64_t DueEvents(const BatchWriterOptions& options) {
  return std::min(options.batch_events_due, options.batch_events_max);
}

void LogConflict(const UsageEvent& event) {
  LogError("an event came again with another content; the first stays, this one is kept apart",
           {{"request_id", UuidToText(event.id)},
            {"relay_id", event.relay_id},
            {"cost_nano_usd", event.cost_nano_usd}});
}

// With all that its row has of money, so that it can be brought in by hand.
void LogRefused(const UsageEvent& event, const absl::Status& why) {
  LogError("event refused: the database cannot take it",
           {{"request_id", UuidToText(event.id)},
            {"relay_id", event.relay_id},
            {"error", View(why.message())},
            {"started_at_unix_ms", event.started_at_unix_ms},
            {"user_id", event.user_id},
            {"key_id", event.key_id},
            {"group_id", event.group_id},
            {"account_id", event.account_id},
            {"model", event.model},
            {"served_model", event.served_model},
            {"status", event.status},
            {"input_tokens", event.tokens.input},
            {"cache_read_tokens", event.tokens.cache_read},
            {"cache_write_5m_tokens", event.tokens.cache_write_5m},
            {"cache_write_1h_tokens", event.tokens.cache_write_1h},
            {"output_tokens", event.tokens.output},
            {"reasoning_tokens", event.tokens.reasoning},
            {"price_id", event.price.price_id},
            {"multiplier_ppm", event.price.multiplier_ppm},
            {"cost_nano_usd", event.cost_nano_usd}});
}

}  // namespace

BatchWriter::BatchWriter(Store store, BatchWriterOptions options, UsageMetrics& metrics)
    : store_(std::move(store)), options_(options), metrics_(metrics) {
  for (int i = 0; i < options_.writers; ++i) threads_.emplace_back([this] { Run(); });
}

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
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

// Until a batch is due: enough events, old enough, or the end.
void BatchWriter::WaitForBatch(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return !collecting_ && (stopping_ || !queue_.empty()); });
  if (queue_.empty()) return;
  collecting_ = true;
  const std::int64_t age_ns = SteadyNs() - queue_.front().arrived_ns;
  changed_.wait_for(lock, std::chrono::nanoseconds(options_.batch_age_ms * kNsPerMs - age_ns),
                    [this] { return stopping_ || waiting_events_ >= DueEvents(options_); });
  collecting_ = false;
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
  if (!batch.empty()) committing_.insert(batch.front().arrived_ns);
  lock.unlock();
  changed_.notify_all();  // the next thread may collect
  return batch;
}

WriterState BatchWriter::State() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::int64_t oldest_ns = committing_.empty() ? INT64_MAX : *committing_.begin();
  if (!queue_.empty()) oldest_ns = std::min(oldest_ns, queue_.front().arrived_ns);
  const std::int64_t now_ns = SteadyNs();
  return {.events_waiting = queued_events_,
          .oldest_waiting_ms = oldest_ns == INT64_MAX ? 0 : (now_ns - oldest_ns) / kNsPerMs,
          .failing_since_unix_ms = failing_since_unix_ms_,
          .last_error = last_error_,
          .events_last_minute = stored_.Sum(now_ns / kNsPerSecond)};
}

void BatchWriter::NoteStored(const std::vector<Stored>& outcomes) {
  const std::int64_t stored = std::count(outcomes.begin(), outcomes.end(), Stored::kNew);
  const std::lock_guard<std::mutex> lock(mutex_);
  stored_.Add(SteadyNs() / kNsPerSecond, stored);
}

void BatchWriter::NoteTry(const absl::Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status.ok()) {
    failing_since_unix_ms_ = 0;
    last_error_.clear();
    return;
  }
  if (failing_since_unix_ms_ == 0) failing_since_unix_ms_ = UnixMs();
  last_error_ = View(status.message());
}

void BatchWriter::Run() {
  NameBackgroundThread("batch writer");
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

absl::StatusOr<std::vector<Stored>> BatchWriter::StoreWithRetries(
    const std::vector<const UsageEvent*>& events) {
  Backoff backoff(options_.retry_delay_ms_min, options_.retry_delay_ms_max);
  while (!GivenUp()) {
    const std::int64_t began_ns = SteadyNs();
    absl::StatusOr<std::vector<Stored>> outcomes = store_(events);
    Metrics::Observe(metrics_.commit_seconds,
                     static_cast<double>(SteadyNs() - began_ns) * kSecondsPerNs);
    // What the database will never take is the events' fault; it answers.
    if (!IsForGood(outcomes.status())) NoteTry(outcomes.status());
    if (outcomes.ok()) return outcomes;
    Metrics::Increment(metrics_.commit_failures);
    if (IsForGood(outcomes.status())) return outcomes;
    const std::int64_t delay_ms = backoff.NextDelayMs();
    LogError("events not stored; trying again", {{"events", events.size()},
                                                 {"error", View(outcomes.status().message())},
                                                 {"delay_ms", delay_ms}});
    if (!SleepBeforeRetry(delay_ms)) break;
  }
  return StoppedError();
}

// One bad event must not keep the others out. What is stored when the writer gives up between two
// halves is a duplicate when the relay sends it again.
absl::StatusOr<std::vector<Stored>> BatchWriter::StoreAllButBad(
    const std::vector<const UsageEvent*>& events) {
  absl::StatusOr<std::vector<Stored>> outcomes = StoreWithRetries(events);
  if (outcomes.ok() || !IsForGood(outcomes.status())) return outcomes;
  if (events.size() == 1) {
    LogRefused(*events.front(), outcomes.status());
    return std::vector<Stored>{Stored::kRefused};
  }
  const auto middle = events.begin() + std::ssize(events) / 2;
  absl::StatusOr<std::vector<Stored>> first = StoreAllButBad({events.begin(), middle});
  if (!first.ok()) return first;
  const absl::StatusOr<std::vector<Stored>> second = StoreAllButBad({middle, events.end()});
  if (!second.ok()) return second.status();
  first->insert(first->end(), second->begin(), second->end());
  return first;
}

BatchOutcome BatchWriter::Count(const std::vector<Stored>& outcomes) {
  BatchOutcome sums;
  for (const Stored outcome : outcomes) {
    if (outcome == Stored::kNew) ++sums.inserted;
    if (outcome == Stored::kDuplicate || outcome == Stored::kConflict) ++sums.duplicates;
    if (outcome == Stored::kConflict) ++sums.conflicts;
    if (outcome == Stored::kTooOld) ++sums.too_old;
    if (outcome == Stored::kRefused) ++sums.refused;
  }
  Metrics::Increment(metrics_.events_inserted, static_cast<double>(sums.inserted));
  Metrics::Increment(metrics_.events_duplicate, static_cast<double>(sums.duplicates));
  Metrics::Increment(metrics_.events_conflicting, static_cast<double>(sums.conflicts));
  Metrics::Increment(metrics_.events_too_old, static_cast<double>(sums.too_old));
  Metrics::Increment(metrics_.events_rejected, static_cast<double>(sums.refused));
  return sums;
}

void BatchWriter::Commit(Batch& batch) {
  std::vector<const UsageEvent*> events;
  for (const Submission& submission : batch) {
    for (const UsageEvent& event : submission.events) events.push_back(&event);
  }
  const absl::StatusOr<std::vector<Stored>> outcomes = StoreAllButBad(events);
  if (outcomes.ok()) {
    Metrics::Observe(metrics_.commit_events, static_cast<double>(events.size()));
    NoteStored(*outcomes);
  }
  std::size_t next = 0;
  for (Submission& submission : batch) {
    if (!outcomes.ok()) {
      submission.outcome.set_value(outcomes.status());
      continue;
    }
    const auto first = outcomes->begin() + static_cast<std::ptrdiff_t>(next);
    next += submission.events.size();
    const BatchOutcome outcome = Count({first, first + std::ssize(submission.events)});
    for (std::size_t i = 0; outcome.conflicts > 0 && i < submission.events.size(); ++i) {
      if (*(first + static_cast<std::ptrdiff_t>(i)) == Stored::kConflict) {
        LogConflict(submission.events[i]);
      }
    }
    if (outcome.too_old > 0) {
      LogError("events refused: they are older than what is kept",
               {{"relay_id", submission.events.front().relay_id}, {"events", outcome.too_old}});
    }
    submission.outcome.set_value(outcome);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    SetQueued(queued_events_ - static_cast<std::int64_t>(events.size()));
    committing_.erase(committing_.find(batch.front().arrived_ns));
  }
  changed_.notify_all();
}

}  // namespace weir::usage
