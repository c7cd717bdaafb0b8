#include "services/relay/net/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "libs/common/clock.h"
#include "services/relay/net/system_calls.h"

namespace weir::relay {
namespace {

std::uint8_t ReadyBits(std::uint32_t events) {
  std::uint8_t bits = 0;
  if ((events & EPOLLIN) != 0) bits |= ready::kRead;
  if ((events & EPOLLOUT) != 0) bits |= ready::kWrite;
  if ((events & EPOLLRDHUP) != 0) bits |= ready::kHangup | ready::kRead;
  // Broken: every operation is worth trying, since it will say how.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    bits |= ready::kHangup | ready::kRead | ready::kWrite;
  }
  return bits;
}

}  // namespace

EventLoop::EventLoop()
    : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      now_ms_(SteadyNs() / kNsPerMs),
      timers_(now_ms_),
      scratch_(new char[kScratchBytes]) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // null marks the wake-up descriptor
  if (epoll_fd_ < 0 || wake_fd_ < 0 ||
      ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
    std::perror("weir-relay: cannot make an event loop (descriptor limit?)");
    std::abort();
  }
}

EventLoop::~EventLoop() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

bool EventLoop::Watch(FdWatch& watch) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watch;
  return ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, watch.fd, &event) == 0;
}

void EventLoop::Unwatch(FdWatch& watch) {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, watch.fd, nullptr);
  // Later events of this very turn must not find it any more.
  for (int i = batch_next_; i < batch_size_; ++i) {
    epoll_event& event = batch_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watch) event.events = 0;
  }
}

void EventLoop::Run() {
  running_ = true;
  while (running_) {
    const int sleep_ms = timers_.SleepMs(now_ms_);
    batch_size_ = EpollWaitCall(epoll_fd_, batch_.data(), kBatch, sleep_ms);
    now_ms_ = SteadyNs() / kNsPerMs;
    now_unix_ms_ = 0;
    batch_next_ = 0;
    while (batch_next_ < batch_size_) Dispatch(batch_[static_cast<std::size_t>(batch_next_++)]);
    batch_size_ = 0;
    while (TimerNode* expired = timers_.PopExpired(now_ms_)) {
      static_cast<Waiter*>(expired)->Wake(/*timed_out=*/true);
    }
  }
  RunPosted();
}

void EventLoop::Dispatch(const epoll_event& event) {
  if (event.events == 0) return;
  if (event.data.ptr == nullptr) {
    RunPosted();
    return;
  }
  FdWatch& watch = *static_cast<FdWatch*>(event.data.ptr);
  watch.ready |= ReadyBits(event.events);
  if (watch.waiter != nullptr && (watch.ready & watch.wanted) != 0) {
    watch.waiter->Wake(/*timed_out=*/false);
  }
}

void EventLoop::Post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard<std::mutex> lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (!first) return;  // the loop has been told already
  const std::uint64_t one = 1;
  while (::write(wake_fd_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

void EventLoop::Stop() {
  Post([this] { running_ = false; });
}

void EventLoop::RunPosted() {
  std::uint64_t count = 0;
  while (::read(wake_fd_, &count, sizeof(count)) < 0 && errno == EINTR) {
  }
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard<std::mutex> lock(posted_mutex_);
    work.swap(posted_);
  }
  for (const auto& item : work) item();
}

void WaitFor::await_suspend(std::coroutine_handle<> caller) {
  caller_ = caller;
  armed_ = true;
  first_.waiter = this;
  first_.wanted = first_bits_;
  if (second_ != nullptr) {
    second_->waiter = this;
    second_->wanted = second_bits_;
  }
  if (deadline_ms_ > 0) loop_.timers().Add(*this, deadline_ms_);
}

void WaitFor::Wake(bool timed_out) {
  timed_out_ = timed_out;
  Disarm();
  caller_.resume();
}

void WaitFor::Disarm() {
  if (!armed_) return;
  armed_ = false;
  first_.waiter = nullptr;
  first_.wanted = 0;
  if (second_ != nullptr) {
    second_->waiter = nullptr;
    second_->wanted = 0;
  }
  loop_.timers().Remove(*this);
}

}  // namespace weir::relay
