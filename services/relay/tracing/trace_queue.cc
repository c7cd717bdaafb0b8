#include "services/relay/tracing/trace_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir::relay {

TraceQueue::TraceQueue(std::size_t requests_max, std::size_t batch_requests,
                       std::size_t batch_spans)
    : requests_max_(requests_max),
      batch_requests_(std::min(batch_requests, requests_max)),
      batch_spans_(batch_spans) {}

bool TraceQueue::Add(std::unique_ptr<const FinishedTrace> trace) {
  bool is_batch = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_.size() >= requests_max_) return false;
    waiting_.push_back(std::move(trace));
    is_batch = waiting_.size() == batch_requests_;
  }
  if (is_batch) wakes_.notify_one();
  return true;
}

TraceQueue::Batch TraceQueue::Take(std::int64_t timeout_ms) {
  Batch batch;
  std::unique_lock<std::mutex> lock(mutex_);
  wakes_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                  [this] { return closed_ || waiting_.size() >= batch_requests_; });
  std::size_t spans = 0;
  while (!waiting_.empty() && batch.size() < batch_requests_) {
    spans += waiting_.front()->spans();
    if (!batch.empty() && spans > batch_spans_) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void TraceQueue::Pause(std::int64_t timeout_ms) {
  std::unique_lock<std::mutex> lock(mutex_);
  wakes_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return closed_; });
}

void TraceQueue::Close() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  wakes_.notify_all();
}

std::size_t TraceQueue::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size();
}

}  // namespace weir::relay
