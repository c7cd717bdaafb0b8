#include "services/relay/tracing/trace_queue.h"

#include <memory>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kLongMs = 60'000;

std::unique_ptr<const FinishedTrace> Trace(int status, std::size_t attempts = 0) {
  auto trace = std::make_unique<FinishedTrace>();
  trace->status = status;
  trace->attempts.resize(attempts);
  return trace;
}

TEST(TraceQueueTest, TakesNoMoreThanItHasRoomFor) {
  TraceQueue queue(2, 512, 1'024);
  EXPECT_TRUE(queue.Add(Trace(1)));
  EXPECT_TRUE(queue.Add(Trace(2)));
  EXPECT_FALSE(queue.Add(Trace(3)));
  const TraceQueue::Batch batch = queue.Take(kLongMs);  // all its room is a batch
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch[0]->status, 1);
  EXPECT_TRUE(queue.Add(Trace(4)));
}

TEST(TraceQueueTest, ABatchIsOfSoManyRequests) {
  TraceQueue queue(100, 3, 1'024);
  for (int i = 0; i < 4; ++i) queue.Add(Trace(i));
  EXPECT_EQ(queue.Take(kLongMs).size(), 3U);
  EXPECT_EQ(queue.waiting(), 1U);
  EXPECT_EQ(queue.Take(0).size(), 1U) << "what is old enough needs no company";
  EXPECT_TRUE(queue.Take(0).empty());
}

TEST(TraceQueueTest, OrOfSoManySpansButNeverOfNone) {
  TraceQueue queue(100, 4, 10);
  queue.Add(Trace(1, 20));
  queue.Add(Trace(2, 4));
  queue.Add(Trace(3, 4));
  queue.Add(Trace(4, 0));
  EXPECT_EQ(queue.Take(kLongMs).size(), 1U);
  EXPECT_EQ(queue.Take(0).size(), 2U);
  EXPECT_EQ(queue.Take(0).size(), 1U);
}

TEST(TraceQueueTest, WhoWaitsIsWoken) {
  TraceQueue queue(100, 2, 1'024);
  std::thread adder([&queue] {
    queue.Add(Trace(1));
    queue.Add(Trace(2));
  });
  EXPECT_EQ(queue.Take(kLongMs).size(), 2U);
  adder.join();
  std::thread closer([&queue] { queue.Close(); });
  queue.Pause(kLongMs);
  EXPECT_TRUE(queue.Take(kLongMs).empty());
  closer.join();
}

}  // namespace
}  // namespace weir::relay
