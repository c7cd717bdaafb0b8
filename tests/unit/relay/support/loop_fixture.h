// A test whose body is a coroutine on an event loop of its own.
#pragma once

#include <cstdint>

#include <gtest/gtest.h>

#include "services/relay/net/event_loop.h"
#include "services/relay/net/task.h"

namespace weir::relay::testing {

class LoopTest : public ::testing::Test {
 protected:
  // Runs the loop until `body` is done; fails the test when that takes more than `limit_ms`.
  void Run(Task<void> body, std::int64_t limit_ms = 20'000);

  std::int64_t In(std::int64_t ms) const { return loop_.now_ms() + ms; }

  EventLoop loop_;

 private:
  DetachedTask RunThenStop(Task<void>& body);

  bool done_ = false;
};

}  // namespace weir::relay::testing
