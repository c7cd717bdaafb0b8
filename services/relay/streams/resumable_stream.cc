#include "services/relay/streams/resumable_stream.h"

#include <utility>

namespace weir::relay {

bool RingMemory::Take(std::size_t more) {
  const std::size_t before = bytes_.fetch_add(more, std::memory_order_relaxed);
  const bool room =
      before + more <= bytes_max_ &&
      (process_cap_ == nullptr || process_cap_->Take(static_cast<std::int64_t>(more)));
  if (!room) bytes_.fetch_sub(more, std::memory_order_relaxed);
  return room;
}

void RingMemory::Give(std::size_t back) {
  bytes_.fetch_sub(back, std::memory_order_relaxed);
  if (process_cap_ != nullptr) process_cap_->Give(static_cast<std::int64_t>(back));
}

ResumableStream::ResumableStream(Origin origin, std::size_t ring_bytes_max, RingMemory& memory)
    : origin_(std::move(origin)), ring_bytes_max_(ring_bytes_max), memory_(memory) {}

ResumableStream::~ResumableStream() { memory_.Give(ring_.bytes()); }

void ResumableStream::Append(std::string_view event) {
  const std::size_t cost = EventRing::CostOf(event);
  const std::lock_guard lock(mutex_);
  bool room = cost <= ring_bytes_max_;
  while (room && ring_.bytes() + cost > ring_bytes_max_) memory_.Give(ring_.DropFirst());
  while (room && !memory_.Take(cost)) {
    const std::size_t freed = ring_.DropFirst();
    memory_.Give(freed);
    room = freed > 0;
  }
  if (room) {
    ring_.Push(event);
  } else {
    memory_.Give(ring_.bytes());
    ring_.Skip();
  }
  WakeReader();
}

bool ResumableStream::HoldsAllAfter(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return ring_.HoldsAllAfter(number);
}

void ResumableStream::End(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  ended_ms_ = now_ms;
  send_away_ = nullptr;
  WakeReader();
}

void ResumableStream::FirstClientLeft(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  first_client_reads_ = false;
  send_away_ = nullptr;
  if (signal_ == nullptr && alone_since_ms_ == 0) alone_since_ms_ = now_ms;
}

std::int64_t ResumableStream::alone_since_ms() const {
  const std::lock_guard lock(mutex_);
  return alone_since_ms_;
}

void ResumableStream::OnTakeOver(std::function<void()> send_away) {
  const std::lock_guard lock(mutex_);
  send_away_ = std::move(send_away);
}

std::uint64_t ResumableStream::Attach(std::shared_ptr<LoopSignal> signal) {
  std::function<void()> send_away;
  std::uint64_t reader = 0;
  {
    const std::lock_guard lock(mutex_);
    send_away = std::exchange(send_away_, nullptr);
    WakeReader();  // so that it sees that it is no longer the one
    signal_ = std::move(signal);
    alone_since_ms_ = 0;
    reader = ++reader_;
  }
  if (send_away) send_away();
  return reader;
}

ResumableStream::ReadState ResumableStream::Read(std::uint64_t reader, std::uint64_t& number,
                                                 std::size_t bytes_max, std::string& out) const {
  const std::lock_guard lock(mutex_);
  if (reader != reader_) return ReadState::kTakenOver;
  if (!ring_.HoldsAllAfter(number)) return ReadState::kLost;
  if (number < ring_.last()) {
    number = ring_.CopyAfter(number, bytes_max, out);
    return ReadState::kEvents;
  }
  return ended_ms_ != 0 ? ReadState::kEnded : ReadState::kNone;
}

void ResumableStream::Detach(std::uint64_t reader, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (reader != reader_) return;
  signal_ = nullptr;
  if (!first_client_reads_) alone_since_ms_ = now_ms;
}

std::int64_t ResumableStream::ended_ms() const {
  const std::lock_guard lock(mutex_);
  return ended_ms_;
}

void ResumableStream::WakeReader() {
  if (signal_ != nullptr) signal_->Raise();
}

}  // namespace weir::relay
