// One thread's loop: edge-triggered readiness of descriptors, deadlines, and work from other
// threads.
//
// Why not Asio: a wait for readiness there costs an epoll_ctl each, and a stream 2 to 3 times the
// memory; see ARCHITECTURE.md, "Decisions that differ". Coroutines wait here with WaitFor and
// SleepUntil; nothing on this thread may block.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "libs/common/clock.h"
#include "services/relay/net/buffer_cap.h"
#include "services/relay/net/timer_wheel.h"

namespace weir::relay {

// What a descriptor is ready for; kept until an operation finds that it is not.
namespace ready {
inline constexpr std::uint8_t kRead = 1;
inline constexpr std::uint8_t kWrite = 2;
inline constexpr std::uint8_t kHangup = 4;  // the peer closed its side, or the connection broke
}  // namespace ready

// Something to wake: by readiness of up to two descriptors, or by a deadline.
class Waiter : public TimerNode {
 public:
  virtual void Wake(bool timed_out) = 0;

 protected:
  ~Waiter() = default;
};

// A descriptor known to a loop. Whoever owns it removes it (EventLoop::Unwatch) before closing.
struct FdWatch {
  int fd = -1;
  std::uint8_t ready = 0;
  std::uint8_t wanted = 0;  // bits that wake `waiter`
  Waiter* waiter = nullptr;
};

// All of it on the loop's own thread, except Post and Stop. Make it, Run it, destroy it on one
// thread.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until Stop; then returns after the turn at hand.
  void Run();

  // From any thread: `work` runs on the loop, in order.
  void Post(std::function<void()> work);
  void Stop();

  // False when the system refuses (out of memory or watches).
  bool Watch(FdWatch& watch);
  void Unwatch(FdWatch& watch);

  TimerWheel& timers() { return timers_; }
  // What this loop's connections hold in memory.
  LoopBuffers& buffers() { return buffers_; }
  const LoopBuffers& buffers() const { return buffers_; }

  // Steady milliseconds as of this turn's start: for deadlines.
  std::int64_t now_ms() const { return now_ms_; }
  // Unix milliseconds as of the first call of this turn: for what need not be more exact than the
  // turn is short. A clock costs more to read than most of what asks for the time.
  std::int64_t now_unix_ms() {
    if (now_unix_ms_ == 0) now_unix_ms_ = UnixMs();
    return now_unix_ms_;
  }

  // For one read or one formatted head at a time; gone at the next suspension.
  static constexpr std::size_t kScratchBytes = 64 * 1024;
  char* scratch() { return scratch_.get(); }

 private:
  void RunPosted();
  void Dispatch(const epoll_event& event);

  int epoll_fd_;
  int wake_fd_;
  bool running_ = false;
  std::int64_t now_ms_;
  std::int64_t now_unix_ms_ = 0;  // 0 = not asked for in this turn
  TimerWheel timers_;
  LoopBuffers buffers_;
  std::unique_ptr<char[]> scratch_;

  static constexpr int kBatch = 128;
  std::array<epoll_event, kBatch> batch_{};
  int batch_size_ = 0;
  int batch_next_ = 0;

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;  // by posted_mutex_
};

enum class WaitResult { kReady, kTimeout };

// co_await WaitFor(...): until `first` has one of the bits, or `second` one of its own, or the
// deadline (steady ms of the loop, 0 = none) has passed. `second` may be null.
class [[nodiscard]] WaitFor final : public Waiter {
 public:
  WaitFor(EventLoop& loop, FdWatch& first, std::uint8_t first_bits, FdWatch* second,
          std::uint8_t second_bits, std::int64_t deadline_ms)
      : loop_(loop),
        first_(first),
        second_(second),
        first_bits_(first_bits),
        second_bits_(second_bits),
        deadline_ms_(deadline_ms) {}
  WaitFor(EventLoop& loop, FdWatch& first, std::uint8_t bits, std::int64_t deadline_ms)
      : WaitFor(loop, first, bits, nullptr, 0, deadline_ms) {}
  // A coroutine destroyed while it waits takes its waiter back.
  ~WaitFor() { Disarm(); }

  bool await_ready() const {
    return (first_.ready & first_bits_) != 0 ||
           (second_ != nullptr && (second_->ready & second_bits_) != 0);
  }
  void await_suspend(std::coroutine_handle<> caller);
  WaitResult await_resume() const { return timed_out_ ? WaitResult::kTimeout : WaitResult::kReady; }

  void Wake(bool timed_out) override;

 private:
  void Disarm();

  EventLoop& loop_;
  FdWatch& first_;
  FdWatch* second_;
  std::uint8_t first_bits_;
  std::uint8_t second_bits_;
  bool armed_ = false;
  bool timed_out_ = false;
  std::int64_t deadline_ms_;
  std::coroutine_handle<> caller_;
};

// co_await SleepUntil(loop, deadline_ms).
class [[nodiscard]] SleepUntil final : public Waiter {
 public:
  SleepUntil(EventLoop& loop, std::int64_t deadline_ms) : loop_(loop), deadline_ms_(deadline_ms) {}
  ~SleepUntil() { loop_.timers().Remove(*this); }

  bool await_ready() const { return deadline_ms_ <= loop_.now_ms(); }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    loop_.timers().Add(*this, deadline_ms_);
  }
  void await_resume() const {}
  void Wake(bool) override { caller_.resume(); }

 private:
  EventLoop& loop_;
  std::int64_t deadline_ms_;
  std::coroutine_handle<> caller_;
};

}  // namespace weir::relay
