// Wakes a coroutine on its loop from any thread: wait for ready::kRead of watch().
#pragma once

#include <atomic>
#include <memory>

#include "services/relay/net/event_loop.h"

namespace weir::relay {

// Made by std::make_shared: what is posted to the loop holds it. `loop` must outlive every Raise.
class LoopSignal : public std::enable_shared_from_this<LoopSignal> {
 public:
  explicit LoopSignal(EventLoop& loop) : loop_(loop) {}

  // From any thread. Several before the next Clear are one.
  void Raise();

  // On the loop: before looking at what it was raised for, so that nothing is missed.
  void Clear();
  // No descriptor: never given to the loop.
  FdWatch& watch() { return watch_; }

 private:
  void Fire();

  EventLoop& loop_;
  FdWatch watch_;
  std::atomic<bool> raised_{false};
};

}  // namespace weir::relay
