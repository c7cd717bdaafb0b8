// Where finished requests wait to be told of: bounded, so that a collector that is away costs
// nothing but its spans. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "services/relay/tracing/finished_trace.h"

namespace weir::relay {

class TraceQueue {
 public:
  using Batch = std::vector<std::unique_ptr<const FinishedTrace>>;

  // `requests_max` wait at most. A batch is `batch_requests` of them, or fewer if they have more
  // than `batch_spans` spans together (but never less than one).
  TraceQueue(std::size_t requests_max, std::size_t batch_requests, std::size_t batch_spans);

  // False: there is no room.
  bool Add(std::unique_ptr<const FinishedTrace> trace);

  // Waits until there is a batch, or `timeout_ms` have passed, or Close(); gives the oldest.
  Batch Take(std::int64_t timeout_ms);

  // Waits so long, or until Close().
  void Pause(std::int64_t timeout_ms);

  // Nobody waits any more. What is there can still be taken.
  void Close();

  std::size_t waiting() const;

 private:
  const std::size_t requests_max_;
  const std::size_t batch_requests_;
  const std::size_t batch_spans_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::unique_ptr<const FinishedTrace>> waiting_;  // by mutex_
  bool closed_ = false;                                       // by mutex_
};

}  // namespace weir::relay
