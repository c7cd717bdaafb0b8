#include "services/relay/net/resolver.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/relay/support/loop_fixture.h"

namespace weir::relay {
namespace {

// Names as local_names.cc has them.
class ResolverTest : public testing::LoopTest {
 protected:
  Task<void> Turn(std::int64_t ms) { co_await SleepUntil(loop_, In(ms)); }

  std::atomic<int> answers_{0};
};

TEST_F(ResolverTest, WhoAsksTogetherGetsOneAnswer) {
  Resolver resolver;
  std::size_t addresses = 0;
  const auto body = [&]() -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      resolver.Resolve(loop_, "two.test", 80, [&](Resolver::Addresses found) {
        addresses = found.size();
        ++answers_;
      });
    }
    while (answers_ < 3) co_await Turn(5);
  };
  Run(body());
  EXPECT_EQ(addresses, 2U);
  Resolver::Addresses cached;
  EXPECT_TRUE(resolver.Cached("two.test", 80, cached));
  EXPECT_EQ(cached.size(), 2U);
  EXPECT_FALSE(resolver.Cached("two.test", 81, cached)) << "ports are part of an address";
}

TEST_F(ResolverTest, NothingIsPostedAfterStop) {
  Resolver resolver;
  const auto body = [&]() -> Task<void> {
    resolver.Resolve(loop_, "slow.test", 80, [&](const Resolver::Addresses&) { ++answers_; });
    co_await Turn(50);  // its thread is at work now
    resolver.Stop();
    resolver.Resolve(loop_, "two.test", 80, [&](const Resolver::Addresses&) { ++answers_; });
    co_await Turn(900);
  };
  Run(body());
  EXPECT_EQ(answers_, 0);
}

TEST_F(ResolverTest, StopDoesNotWaitForTheSystemsResolver) {
  auto resolver = std::make_unique<Resolver>();
  auto loop = std::make_unique<EventLoop>();
  resolver->Resolve(*loop, "slow.test", 80, [&](const Resolver::Addresses&) { ++answers_; });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto began = std::chrono::steady_clock::now();
  resolver.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(400));
  loop.reset();  // the thread that is still looking has nobody left to tell
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  EXPECT_EQ(answers_, 0);
}

TEST_F(ResolverTest, AFailureIsAnAnswerToo) {
  Resolver resolver;
  const auto body = [&]() -> Task<void> {
    resolver.Resolve(loop_, "none.test", 80, [&](const Resolver::Addresses& found) {
      EXPECT_TRUE(found.empty());
      ++answers_;
    });
    while (answers_ < 1) co_await Turn(5);
  };
  Run(body());
}

}  // namespace
}  // namespace weir::relay
