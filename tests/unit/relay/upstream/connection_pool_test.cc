#include "services/relay/upstream/connection_pool.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::Socket;
using testing::SocketPair;

constexpr std::size_t kPerKeyMax = 3;

class ConnectionPoolTest : public testing::LoopTest {
 protected:
  // A fresh connection; its far end is ends_.back().
  std::unique_ptr<Stream> Fresh() {
    auto [near, far] = SocketPair();
    ends_.push_back(std::move(far));
    return std::make_unique<Stream>(loop_, near.Release());
  }

  // A turn or two of the loop.
  Task<void> Turn(std::int64_t ms = 20) { co_await SleepUntil(loop_, In(ms)); }

  std::vector<Socket> ends_;
  ConnectionPool pool_{loop_, 60'000, kPerKeyMax};
};

TEST_F(ConnectionPoolTest, TheOneUsedLastIsTakenFirst) {
  std::vector<Stream*> given;
  for (int i = 0; i < 3; ++i) {
    std::unique_ptr<Stream> stream = Fresh();
    given.push_back(stream.get());
    pool_.Give("a", std::move(stream));
  }
  EXPECT_EQ(pool_.idle(), 3U);
  EXPECT_EQ(pool_.Take("b"), nullptr);
  for (int i = 2; i >= 0; --i) {
    const std::unique_ptr<Stream> taken = pool_.Take("a");
    EXPECT_EQ(taken.get(), given[static_cast<std::size_t>(i)]);
    EXPECT_EQ(taken->watch().waiter, nullptr);
    EXPECT_EQ(taken->watch().wanted, 0);
  }
  EXPECT_EQ(pool_.Take("a"), nullptr);
  EXPECT_EQ(pool_.idle(), 0U);
}

TEST_F(ConnectionPoolTest, KeepsSoManyAndNoMore) {
  for (std::size_t i = 0; i < kPerKeyMax + 2; ++i) pool_.Give("a", Fresh());
  pool_.Give("b", Fresh());
  EXPECT_EQ(pool_.idle(), kPerKeyMax + 1);
  EXPECT_EQ(ends_[kPerKeyMax].Receive(1), "");  // what was not kept is closed
}

TEST_F(ConnectionPoolTest, OneThatItsPeerClosesLeavesAtOnce) {
  const auto body = [&]() -> Task<void> {
    pool_.Give("a", Fresh());
    pool_.Give("a", Fresh());
    pool_.Give("a", Fresh());
    ends_[1].Close();
    co_await Turn();
    EXPECT_EQ(pool_.idle(), 2U);
    ends_[0].Close();
    ends_[2].Close();  // two in one turn
    co_await Turn();
    EXPECT_EQ(pool_.idle(), 0U);
    EXPECT_EQ(pool_.Take("a"), nullptr);
  };
  Run(body());
}

TEST_F(ConnectionPoolTest, OneThatSpeaksUnaskedLeaves) {
  const auto body = [&]() -> Task<void> {
    pool_.Give("a", Fresh());
    ends_[0].Send("HTTP/1.1 408 Request Timeout\r\n\r\n");
    co_await Turn();
    EXPECT_EQ(pool_.idle(), 0U);
  };
  Run(body());
}

// Such bytes would be taken for the answer to whoever gets the connection next.
TEST_F(ConnectionPoolTest, OneWithUnreadBytesIsNotKept) {
  const auto body = [&]() -> Task<void> {
    std::unique_ptr<Stream> stream = Fresh();
    ends_[0].Send("answer, and more");
    co_await Turn();
    char answer[6];
    EXPECT_EQ(stream->Read(answer, sizeof(answer)).bytes, 6U);
    pool_.Give("a", std::move(stream));
    EXPECT_EQ(pool_.idle(), 0U);
  };
  Run(body());
}

TEST_F(ConnectionPoolTest, OneWhoseAnswerFilledTheReadIsKept) {
  const auto body = [&]() -> Task<void> {
    std::unique_ptr<Stream> stream = Fresh();
    ends_[0].Send("answer");
    co_await Turn();
    char answer[6];
    EXPECT_EQ(stream->Read(answer, sizeof(answer)).bytes, 6U);
    pool_.Give("a", std::move(stream));
    EXPECT_EQ(pool_.idle(), 1U);
    co_await Turn();
    EXPECT_EQ(pool_.idle(), 1U);
  };
  Run(body());
}

TEST_F(ConnectionPoolTest, OneThatIsGoneIsNotKept) {
  const auto body = [&]() -> Task<void> {
    std::unique_ptr<Stream> stream = Fresh();
    ends_[0].Close();
    co_await Turn();
    pool_.Give("a", std::move(stream));
    EXPECT_EQ(pool_.idle(), 0U);
  };
  Run(body());
}

TEST_F(ConnectionPoolTest, IdleOnesGrowTooOld) {
  ConnectionPool pool(loop_, 300, kPerKeyMax);
  const auto body = [&]() -> Task<void> {
    pool.Give("a", Fresh());
    co_await Turn(10);
    EXPECT_EQ(pool.idle(), 1U);
    std::unique_ptr<Stream> used = pool.Take("a");
    co_await Turn(400);  // in use it does not age
    pool.Give("a", std::move(used));
    EXPECT_EQ(pool.idle(), 1U);
    co_await Turn(600);
    EXPECT_EQ(pool.idle(), 0U);
  };
  Run(body());
}

TEST_F(ConnectionPoolTest, WhatItHoldsGoesWithIt) {
  {
    ConnectionPool pool(loop_, 60'000, kPerKeyMax);
    pool.Give("a", Fresh());
  }
  EXPECT_EQ(ends_[0].Receive(1), "");
  EXPECT_TRUE(loop_.timers().empty());
}

}  // namespace
}  // namespace weir::relay
