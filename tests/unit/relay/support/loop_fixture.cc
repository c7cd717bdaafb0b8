#include "tests/unit/relay/support/loop_fixture.h"

#include <utility>

namespace weir::relay::testing {
namespace {

class Watchdog final : public Waiter {
 public:
  explicit Watchdog(EventLoop& loop) : loop_(loop) {}
  ~Watchdog() { loop_.timers().Remove(*this); }
  void Wake(bool) override { loop_.Stop(); }

 private:
  EventLoop& loop_;
};

}  // namespace

void LoopTest::Run(Task<void> body, std::int64_t limit_ms) {
  Watchdog watchdog(loop_);
  loop_.timers().Add(watchdog, In(limit_ms));
  done_ = false;
  loop_.Post([this, &body] { RunThenStop(body); });
  loop_.Run();
  // A body that hangs still waits: destroying it here takes its waiters back.
  EXPECT_TRUE(done_) << "not done after " << limit_ms << " ms";
}

DetachedTask LoopTest::RunThenStop(Task<void>& body) {
  co_await body;
  done_ = true;
  loop_.Stop();
}

}  // namespace weir::relay::testing
