// SIGTERM and SIGINT as something to wait for.
#pragma once

namespace weir {

// Make it first in main, before any thread: it blocks both signals for the whole process, so that
// they reach Wait() alone. SIGPIPE is ignored.
class ShutdownSignal {
 public:
  ShutdownSignal();

  // Blocks until one of the signals comes; returns its number.
  int Wait();

  // One of them has come, and Wait() would not block: for what takes long before it.
  static bool IsPending();
};

}  // namespace weir
