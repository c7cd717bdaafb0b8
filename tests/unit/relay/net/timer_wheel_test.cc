#include "services/relay/net/timer_wheel.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kStart = 1'000'003;
constexpr std::int64_t kSlot = TimerWheel::kSlotMs;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(TimerWheelTest, AnEmptyWheelSleepsForEver) {
  TimerWheel wheel(kStart);
  EXPECT_TRUE(wheel.empty());
  EXPECT_EQ(wheel.SleepMs(kStart), -1);
  EXPECT_EQ(wheel.PopExpired(kStart + 1'000'000), nullptr);
}

TEST(TimerWheelTest, FiresNeverEarlyAndAtMostASlotLate) {
  for (const std::int64_t delay :
       {0, 1, 15, 16, 17, 100, 16'383, 16'384, 16'385, 40'000, 1'000'000}) {
    TimerWheel wheel(kStart);
    TimerNode node;
    const std::int64_t deadline = kStart + delay;
    wheel.Add(node, deadline);
    std::int64_t now = kStart;
    TimerNode* fired = nullptr;
    while (fired == nullptr) {
      const int sleep_ms = wheel.SleepMs(now);
      ASSERT_GE(sleep_ms, 0);
      now += std::max(sleep_ms, 1);
      fired = wheel.PopExpired(now);
      ASSERT_LE(now, deadline + kSlot + 1) << delay;
    }
    EXPECT_GE(now, deadline) << delay;
    EXPECT_EQ(fired, &node);
    EXPECT_FALSE(node.armed());
    EXPECT_TRUE(wheel.empty());
  }
}

TEST(TimerWheelTest, TakesDeadlinesThatHavePassed) {
  TimerWheel wheel(kStart);
  TimerNode node;
  for (const std::int64_t deadline : {kStart - 100'000, std::int64_t{0}, std::int64_t{-5}}) {
    wheel.Add(node, deadline);
    EXPECT_LE(wheel.SleepMs(kStart), kSlot);
    EXPECT_EQ(wheel.PopExpired(kStart + kSlot), &node);
  }
}

TEST(TimerWheelTest, TakesTheFarthestDeadline) {
  TimerWheel wheel(kStart);
  TimerNode far;
  wheel.Add(far, kMax);
  EXPECT_GT(wheel.SleepMs(kStart), 0);
  EXPECT_LE(wheel.SleepMs(kStart), 1024 * kSlot);
  EXPECT_EQ(wheel.PopExpired(kStart + 100'000'000), nullptr);
  EXPECT_GT(wheel.SleepMs(kStart + 100'000'000), 0);
  TimerNode month;
  wheel.Add(month, kStart + 40LL * 86'400'000);  // more milliseconds than an int holds
  EXPECT_GT(wheel.SleepMs(kStart + 100'000'000), 0);
}

TEST(TimerWheelTest, AddingAgainMovesANode) {
  TimerWheel wheel(kStart);
  TimerNode node;
  wheel.Add(node, kStart + 50);
  wheel.Add(node, kStart + 5'000);
  EXPECT_EQ(wheel.PopExpired(kStart + 1'000), nullptr);
  wheel.Add(node, kStart + 1'100);
  EXPECT_EQ(wheel.PopExpired(kStart + 1'200), &node);
  EXPECT_TRUE(wheel.empty());
  wheel.Remove(node);  // harmless
  EXPECT_TRUE(wheel.empty());
}

// The wheel beside a plain map, under random adds, removals and leaps of time.
TEST(TimerWheelTest, AgreesWithANaiveModel) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    std::int64_t now = kStart;
    TimerWheel wheel(now);
    std::vector<std::unique_ptr<TimerNode>> nodes;
    nodes.reserve(60);
    for (int i = 0; i < 60; ++i) nodes.push_back(std::make_unique<TimerNode>());
    // Armed node -> its deadline, or when it was added if that had passed by then.
    std::map<TimerNode*, std::int64_t> model;
    for (int step = 0; step < 3'000; ++step) {
      TimerNode* node = nodes[random() % nodes.size()].get();
      const std::uint64_t action = random() % 8;
      if (action < 4) {
        constexpr std::int64_t kReach[] = {20, 400, 20'000, 300'000};
        const std::int64_t deadline =
            now +
            static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kReach[random() % 4])) -
            5;
        wheel.Add(*node, deadline);
        model[node] = std::max(deadline, now);
      } else if (action == 4) {
        wheel.Remove(*node);
        model.erase(node);
      } else {
        constexpr std::int64_t kLeap[] = {1, 17, 500, 40'000};
        now +=
            static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kLeap[random() % 4]));
        while (TimerNode* fired = wheel.PopExpired(now)) {
          ASSERT_TRUE(model.contains(fired)) << "a node that is not armed fired";
          ASSERT_LE(model[fired], now) << "early";
          model.erase(fired);
        }
        for (const auto& [waiting, deadline] : model) {
          ASSERT_GT(deadline + kSlot, now) << "too late, seed " << seed << " step " << step;
        }
      }
      ASSERT_EQ(wheel.empty(), model.empty());
      const int sleep_ms = wheel.SleepMs(now);
      if (model.empty()) {
        ASSERT_EQ(sleep_ms, -1);
        continue;
      }
      // Sleeping that long must not miss any: the first one may be late by a slot, no more.
      std::int64_t first = kMax;
      for (const auto& [waiting, deadline] : model) first = std::min(first, deadline);
      ASSERT_GE(sleep_ms, 0);
      ASSERT_LE(now + sleep_ms, std::max(first, now) + kSlot);
    }
    for (const auto& node : nodes) wheel.Remove(*node);
    ASSERT_TRUE(wheel.empty());
  }
}

}  // namespace
}  // namespace weir::relay
