#include "services/relay/budgets/await_ticket.h"

#include <utility>

namespace weir::relay {

void AwaitTicket::await_suspend(std::coroutine_handle<> caller) {
  caller_ = caller;
  if (client_ != nullptr) {
    client_->waiter = this;
    client_->wanted = ready::kHangup;
  }
  loop_.timers().Add(*this, deadline_ms_);
  shared_ = std::make_shared<Shared>();
  shared_->waiting = this;
  desk_.Await(ticket_, [&loop = loop_, shared = shared_] {
    loop.Post([shared] {
      if (shared->waiting != nullptr) shared->waiting->Wake(/*timed_out=*/false);
    });
  });
}

void AwaitTicket::Wake(bool /*timed_out*/) {
  Disarm();
  caller_.resume();
}

void AwaitTicket::Disarm() {
  if (shared_ == nullptr) return;
  desk_.Abandon(*ticket_);
  shared_->waiting = nullptr;
  shared_.reset();
  if (client_ != nullptr) {
    client_->waiter = nullptr;
    client_->wanted = 0;
  }
  loop_.timers().Remove(*this);
}

}  // namespace weir::relay
