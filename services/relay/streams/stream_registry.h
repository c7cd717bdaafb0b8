// The streams that can be resumed, by the id of their request. One for the process; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/relay/streams/resumable_stream.h"

namespace weir::relay {

struct ResumeLimits {
  std::int64_t window_ms = 0;  // without a client, and after the end; 0 = streams do not resume
  std::size_t stream_bytes_max = 0;  // events kept of one stream
  std::size_t bytes_max = 0;         // and of all
};

class StreamRegistry {
 public:
  // `process_cap` may be null; it must outlive this.
  explicit StreamRegistry(const ResumeLimits& limits, BufferCap* process_cap = nullptr);

  const ResumeLimits& limits() const { return limits_; }
  std::shared_ptr<ResumableStream> Open(ResumableStream::Origin origin);
  // Null when there is none.
  std::shared_ptr<ResumableStream> Find(std::string_view id) const;
  // Forgets those that ended longer than the window ago. Costs nothing while there are none.
  void Sweep(std::int64_t now_ms);

  std::size_t streams() const;
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using ById =
      std::unordered_map<std::string, std::shared_ptr<ResumableStream>, TextHash, std::equal_to<>>;

  const ResumeLimits limits_;
  RingMemory memory_;  // outlives the streams
  mutable std::mutex mutex_;
  std::atomic<std::size_t> count_{0};
  ById by_id_;  // by mutex_
};

}  // namespace weir::relay
