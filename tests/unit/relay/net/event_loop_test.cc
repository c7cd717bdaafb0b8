#include "services/relay/net/event_loop.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/relay/net/stream.h"
#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::Socket;
using testing::SocketPair;

class EventLoopTest : public testing::LoopTest {};

TEST_F(EventLoopTest, RunsPostedWorkInOrder) {
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) loop_.Post([&order, i] { order.push_back(i); });
  loop_.Post([this, &order] {
    loop_.Post([&order] { order.push_back(6); });
    order.push_back(5);
    loop_.Stop();
  });
  loop_.Run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(EventLoopTest, MayBeStoppedBeforeItRunsAndRunAgain) {
  loop_.Stop();
  loop_.Run();
  bool ran = false;
  loop_.Post([this, &ran] {
    ran = true;
    loop_.Stop();
  });
  loop_.Run();
  EXPECT_TRUE(ran);
}

TEST_F(EventLoopTest, TakesWorkFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5'000;
  std::vector<int> next(kThreads, 0);  // touched on the loop only
  std::atomic<int> finished = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &next, &finished] {
      for (int i = 0; i < kEach; ++i) {
        loop_.Post([&next, t, i] { EXPECT_EQ(next[static_cast<std::size_t>(t)]++, i); });
      }
      if (++finished == kThreads) loop_.Stop();
    });
  }
  loop_.Run();
  for (std::thread& thread : threads) thread.join();
  for (const int count : next) EXPECT_EQ(count, kEach);
}

TEST_F(EventLoopTest, WaitsUntilADescriptorIsReady) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const auto body = [&, peer = &far]() -> Task<void> {
    char byte = 0;
    EXPECT_EQ(stream.Read(&byte, 1).status, IoStatus::kWouldBlock);
    std::thread later([peer] { peer->Send("x"); });
    const WaitResult result = co_await WaitFor(loop_, stream.watch(), ready::kRead, In(10'000));
    later.join();
    EXPECT_EQ(result, WaitResult::kReady);
    EXPECT_EQ(stream.Read(&byte, 1).status, IoStatus::kDone);
    EXPECT_EQ(byte, 'x');
  };
  Run(body());
}

TEST_F(EventLoopTest, GivesUpAtTheDeadline) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const auto body = [&]() -> Task<void> {
    char byte = 0;
    stream.Read(&byte, 1);
    const std::int64_t deadline = In(60);
    const WaitResult result = co_await WaitFor(loop_, stream.watch(), ready::kRead, deadline);
    EXPECT_EQ(result, WaitResult::kTimeout);
    EXPECT_GE(loop_.now_ms(), deadline);
    EXPECT_EQ(stream.watch().waiter, nullptr);
    EXPECT_TRUE(stream.watch().wanted == 0);
  };
  Run(body());
  EXPECT_LT(loop_.now_ms(), In(5'000));
}

TEST_F(EventLoopTest, WaitsForTwoAtOnce) {
  auto [near_a, far_a] = SocketPair();
  auto [near_b, far_b] = SocketPair();
  Stream a(loop_, near_a.Release());
  Stream b(loop_, near_b.Release());
  const auto body = [&, peer = &far_b]() -> Task<void> {
    char byte = 0;
    a.Read(&byte, 1);
    b.Read(&byte, 1);
    peer->Close();
    const WaitResult result =
        co_await WaitFor(loop_, a.watch(), ready::kRead, &b.watch(), ready::kHangup, In(10'000));
    EXPECT_EQ(result, WaitResult::kReady);
    EXPECT_FALSE(a.peer_gone());
    EXPECT_TRUE(b.peer_gone());
    EXPECT_EQ(a.watch().waiter, nullptr);
    EXPECT_EQ(b.watch().waiter, nullptr);
  };
  Run(body());
}

TEST_F(EventLoopTest, BitsThatNobodyAskedForDoNotWake) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const auto body = [&, peer = &far]() -> Task<void> {
    char byte = 0;
    stream.Read(&byte, 1);
    peer->Send("x");  // readable, but a hang-up is waited for
    const WaitResult result = co_await WaitFor(loop_, stream.watch(), ready::kHangup, In(80));
    EXPECT_EQ(result, WaitResult::kTimeout);
    EXPECT_NE(stream.watch().ready & ready::kRead, 0);  // yet it was noticed
  };
  Run(body());
}

TEST_F(EventLoopTest, SleepsUntilADeadline) {
  const auto body = [&]() -> Task<void> {
    const std::int64_t deadline = In(50);
    co_await SleepUntil(loop_, deadline);
    EXPECT_GE(loop_.now_ms(), deadline);
    co_await SleepUntil(loop_, In(-5));  // has passed: does not wait
  };
  Run(body());
}

// What is ready in the same turn may belong to a connection that another one's turn has ended.
TEST_F(EventLoopTest, WhatLeavesWithinATurnIsNotWoken) {
  class Ender final : public Waiter {
   public:
    void Wake(bool) override {
      ++woken;
      victim->reset();
    }
    std::unique_ptr<Stream>* victim = nullptr;
    int woken = 0;
  };
  auto [near_a, far_a] = SocketPair();
  auto [near_b, far_b] = SocketPair();
  auto a = std::make_unique<Stream>(loop_, near_a.Release());
  auto b = std::make_unique<Stream>(loop_, near_b.Release());
  Ender first;
  Ender second;
  first.victim = &b;
  second.victim = &a;
  a->watch().waiter = &first;
  b->watch().waiter = &second;
  const auto body = [&, peer_a = &far_a, peer_b = &far_b]() -> Task<void> {
    co_await SleepUntil(loop_, In(20));  // the edges of making them have gone by
    a->watch().wanted = ready::kRead;
    b->watch().wanted = ready::kRead;
    peer_a->Send("x");
    peer_b->Send("x");
    co_await SleepUntil(loop_, In(20));
  };
  Run(body());
  EXPECT_EQ(first.woken + second.woken, 1);
}

TEST_F(EventLoopTest, ACoroutineDestroyedWhileItWaitsIsForgotten) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const auto waits = [&]() -> Task<void> {
    co_await WaitFor(loop_, stream.watch(), ready::kRead, In(30));
    ADD_FAILURE() << "it was destroyed";
  };
  const auto sleeps = [&]() -> Task<void> {
    co_await SleepUntil(loop_, In(30));
    ADD_FAILURE() << "it was destroyed";
  };
  const auto body = [&, peer = &far]() -> Task<void> {
    char byte = 0;
    stream.Read(&byte, 1);
    {
      Task<void> first = waits();
      first.await_suspend(std::noop_coroutine()).resume();
      Task<void> second = sleeps();
      second.await_suspend(std::noop_coroutine()).resume();
      EXPECT_NE(stream.watch().waiter, nullptr);
    }
    EXPECT_EQ(stream.watch().waiter, nullptr);
    peer->Send("x");
    co_await SleepUntil(loop_, In(80));
  };
  Run(body());
}

TEST_F(EventLoopTest, RefusesADescriptorThatIsNone) {
  FdWatch watch;
  watch.fd = -1;
  EXPECT_FALSE(loop_.Watch(watch));
}

}  // namespace
}  // namespace weir::relay
