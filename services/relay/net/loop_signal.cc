#include "services/relay/net/loop_signal.h"

namespace weir::relay {

void LoopSignal::Raise() {
  if (raised_.exchange(true, std::memory_order_acq_rel)) return;
  loop_.Post([self = shared_from_this()] { self->Fire(); });
}

void LoopSignal::Clear() {
  raised_.store(false, std::memory_order_release);
  watch_.ready = 0;
}

void LoopSignal::Fire() {
  watch_.ready |= ready::kRead;
  if (watch_.waiter != nullptr && (watch_.wanted & ready::kRead) != 0) {
    watch_.waiter->Wake(/*timed_out=*/false);
  }
}

}  // namespace weir::relay
