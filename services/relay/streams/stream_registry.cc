#include "services/relay/streams/stream_registry.h"

#include <utility>
#include <vector>

namespace weir::relay {

StreamRegistry::StreamRegistry(const ResumeLimits& limits, BufferCap* process_cap)
    : limits_(limits), memory_(limits.bytes_max, process_cap) {}

std::shared_ptr<ResumableStream> StreamRegistry::Open(ResumableStream::Origin origin) {
  std::string id = origin.id;
  auto stream =
      std::make_shared<ResumableStream>(std::move(origin), limits_.stream_bytes_max, memory_);
  const std::lock_guard lock(mutex_);
  by_id_.insert_or_assign(std::move(id), stream);
  count_.store(by_id_.size(), std::memory_order_relaxed);
  return stream;
}

std::shared_ptr<ResumableStream> StreamRegistry::Find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void StreamRegistry::Sweep(std::int64_t now_ms) {
  if (streams() == 0) return;
  std::vector<std::shared_ptr<ResumableStream>> gone;  // freed without the lock
  const std::lock_guard lock(mutex_);
  for (auto at = by_id_.begin(); at != by_id_.end();) {
    const std::int64_t ended_ms = at->second->ended_ms();
    if (ended_ms == 0 || ended_ms + limits_.window_ms > now_ms) {
      ++at;
      continue;
    }
    gone.push_back(std::move(at->second));
    at = by_id_.erase(at);
  }
  count_.store(by_id_.size(), std::memory_order_relaxed);
}

std::size_t StreamRegistry::streams() const { return count_.load(std::memory_order_relaxed); }

}  // namespace weir::relay
