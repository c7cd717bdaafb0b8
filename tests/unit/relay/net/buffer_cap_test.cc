#include "services/relay/net/buffer_cap.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

TEST(BufferCapTest, WithoutACapEverythingFits) {
  LoopBuffers buffers;
  BufferCharge charge(buffers);
  EXPECT_TRUE(charge.Set(std::size_t{1} << 40));
  EXPECT_EQ(buffers.charged(), std::int64_t{1} << 40);
}

TEST(BufferCapTest, RefusesWhatDoesNotFitAndChangesNothing) {
  BufferCap cap(kMiB);
  LoopBuffers buffers;
  buffers.SetCap(cap);
  BufferCharge first(buffers);
  BufferCharge second(buffers);
  EXPECT_TRUE(first.Set(700'000));
  EXPECT_FALSE(second.Set(400'000));
  EXPECT_EQ(buffers.charged(), 700'000);
  EXPECT_EQ(buffers.refusals(), 1);
  EXPECT_TRUE(first.Set(600'000)) << "less always fits";
  EXPECT_TRUE(second.Set(400'000));
  EXPECT_TRUE(second.Set(kMiB - 600'000)) << "to the last byte";
  EXPECT_FALSE(second.Set(kMiB - 600'000 + 1));
  EXPECT_EQ(cap.taken(), kMiB);
}

TEST(BufferCapTest, WhatIsThereCountsBeyondTheCap) {
  BufferCap cap(1'000);
  LoopBuffers buffers;
  buffers.SetCap(cap);
  BufferCharge charge(buffers);
  charge.SetAnyway(5'000);
  EXPECT_EQ(buffers.charged(), 5'000);
  BufferCharge other(buffers);
  EXPECT_FALSE(other.Set(1));
  charge.SetAnyway(10);
  EXPECT_EQ(buffers.charged(), 10);
}

TEST(BufferCapTest, AnOwnerGivesBackWhatItHeld) {
  BufferCap cap(kMiB);
  {
    LoopBuffers buffers;
    buffers.SetCap(cap);
    {
      BufferCharge charge(buffers);
      EXPECT_TRUE(charge.Set(kMiB));
    }
    EXPECT_EQ(buffers.charged(), 0);
    EXPECT_LT(cap.taken(), kMiB / 64) << "a loop keeps no more than a batch or two";
  }
  EXPECT_EQ(cap.taken(), 0);
}

TEST(BufferCapTest, WhatOneLoopGivesBackAnotherCanTake) {
  BufferCap cap(kMiB);
  LoopBuffers near;
  LoopBuffers far;
  near.SetCap(cap);
  far.SetCap(cap);
  BufferCharge first(near);
  BufferCharge second(far);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(first.Set(kMiB * 9 / 10));
    EXPECT_FALSE(second.Set(kMiB * 9 / 10));
    EXPECT_TRUE(first.Set(0));
    EXPECT_TRUE(second.Set(kMiB * 9 / 10));
    EXPECT_TRUE(second.Set(0));
  }
}

TEST(BufferCapTest, ManyLoopsNeverHoldMoreThanTheCap) {
  BufferCap cap(kMiB);
  std::atomic<std::int64_t> held{0};
  std::atomic<std::int64_t> most{0};
  const auto run = [&](unsigned seed) {
    LoopBuffers buffers;
    buffers.SetCap(cap);
    for (int i = 0; i < 20'000; ++i) {
      seed = seed * 1'664'525 + 1'013'904'223;
      const std::int64_t bytes = seed >> 12;  // up to 1 MiB
      BufferCharge charge(buffers);
      if (!charge.Set(static_cast<std::size_t>(bytes))) continue;
      const std::int64_t now = held.fetch_add(bytes) + bytes;
      std::int64_t before = most.load();
      while (now > before && !most.compare_exchange_weak(before, now)) {
      }
      held.fetch_sub(bytes);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(run, seed);
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), kMiB);
  EXPECT_GT(most.load(), kMiB / 2);
  EXPECT_EQ(cap.taken(), 0);
}

}  // namespace
}  // namespace weir::relay
