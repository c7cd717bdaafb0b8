// Waiting for a lease on a loop: co_await AwaitTicket(...).
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>

#include "services/relay/budgets/lease_desk.h"
#include "services/relay/net/event_loop.h"

namespace weir::relay {

// Until the ticket is done, the deadline (steady ms of the loop) has passed or the client hangs up
// (null: it has left before);
// afterwards the ticket is done in any case, and the caller's alone. One per wait, on the loop's
// thread; all must outlive it.
class [[nodiscard]] AwaitTicket final : public Waiter {
 public:
  AwaitTicket(EventLoop& loop, LeaseDesk& desk, std::shared_ptr<LeaseTicket> ticket,
              FdWatch* client, std::int64_t deadline_ms)
      : loop_(loop),
        desk_(desk),
        ticket_(std::move(ticket)),
        client_(client),
        deadline_ms_(deadline_ms) {}
  ~AwaitTicket() { Disarm(); }

  bool await_ready() const { return client_ != nullptr && (client_->ready & ready::kHangup) != 0; }
  void await_suspend(std::coroutine_handle<> caller);
  void await_resume() { desk_.Abandon(*ticket_); }

  void Wake(bool timed_out) override;

 private:
  struct Shared {
    AwaitTicket* waiting;
  };

  void Disarm();

  EventLoop& loop_;
  LeaseDesk& desk_;
  std::shared_ptr<LeaseTicket> ticket_;
  FdWatch* client_;
  std::int64_t deadline_ms_;
  std::shared_ptr<Shared> shared_;  // null: not waiting
  std::coroutine_handle<> caller_;
};

}  // namespace weir::relay
