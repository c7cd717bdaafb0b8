// A stream that goes on without its client for a while, and its last events for whoever comes back
// for them. One loop writes (the one that reads the upstream); one client reads at a time, on any
// loop: the last one to come is the one. Thread-safe; nothing here waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "services/relay/dialects/dialect.h"
#include "services/relay/net/buffer_cap.h"
#include "services/relay/net/loop_signal.h"
#include "services/relay/streams/event_ring.h"

namespace weir::relay {

// Memory of all rings of the process; `bytes_max` is never exceeded, nor is the process's own cap.
// Thread-safe.
class RingMemory {
 public:
  // `process_cap` may be null; it must outlive this.
  RingMemory(std::size_t bytes_max, BufferCap* process_cap)
      : bytes_max_(bytes_max), process_cap_(process_cap) {}

  bool Take(std::size_t more);
  void Give(std::size_t back);
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  BufferCap* const process_cap_;
  std::atomic<std::size_t> bytes_{0};
};

class ResumableStream {
 public:
  struct Origin {
    std::string id;  // of the request, as text
    std::int64_t key_id = 0;
    Dialect dialect = Dialect::kOpenAiChat;
  };

  // `memory` must outlive it.
  ResumableStream(Origin origin, std::size_t ring_bytes_max, RingMemory& memory);
  ~ResumableStream();
  ResumableStream(const ResumableStream&) = delete;
  ResumableStream& operator=(const ResumableStream&) = delete;

  const Origin& origin() const { return origin_; }

  // --- the writer

  // The next event as clients get it, its id line in it. Drops the oldest ones when there is no
  // room.
  void Append(std::string_view event);
  // No more will come.
  void End(std::int64_t now_ms);
  // The first client has left, or was sent away.
  void FirstClientLeft(std::int64_t now_ms);
  // Since when nobody reads, steady ms; 0 = somebody does.
  std::int64_t alone_since_ms() const;
  // Called once, on the thread of whoever comes back first: to send the first client away.
  void OnTakeOver(std::function<void()> send_away);

  // --- a client that came back

  enum class ReadState : std::uint8_t {
    kEvents,    // `out` has more
    kNone,      // nothing yet: wait for the signal
    kEnded,     // all has been read
    kLost,      // events behind `number` are gone
    kTakenOver  // another one reads now
  };

  // From now on `signal` is raised when there is more. A reader before this one is taken over from.
  // The reader's number, for Read and Detach.
  std::uint64_t Attach(std::shared_ptr<LoopSignal> signal);
  // Appends what follows event `number`, about `bytes_max` of it, and moves `number` along.
  ReadState Read(std::uint64_t reader, std::uint64_t& number, std::size_t bytes_max,
                 std::string& out) const;
  void Detach(std::uint64_t reader, std::int64_t now_ms);

  bool HoldsAllAfter(std::uint64_t number) const;

  // Steady ms; 0 = it has not ended.
  std::int64_t ended_ms() const;

 private:
  void WakeReader();  // under mutex_

  const Origin origin_;
  const std::size_t ring_bytes_max_;
  RingMemory& memory_;

  mutable std::mutex mutex_;  // of all below
  EventRing ring_;
  std::int64_t ended_ms_ = 0;
  std::int64_t alone_since_ms_ = 0;
  bool first_client_reads_ = true;
  std::uint64_t reader_ = 0;            // the number of the last one to come
  std::shared_ptr<LoopSignal> signal_;  // its own; null: it has left
  std::function<void()> send_away_;
};

}  // namespace weir::relay
