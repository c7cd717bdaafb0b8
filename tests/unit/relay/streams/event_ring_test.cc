#include "services/relay/streams/event_ring.h"

#include <deque>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(EventRingTest, NumbersFromOne) {
  EventRing ring;
  EXPECT_EQ(ring.last(), 0U);
  EXPECT_TRUE(ring.HoldsAllAfter(0));
  EXPECT_FALSE(ring.HoldsAllAfter(1)) << "nobody can have seen it";
  ring.Push("a");
  ring.Push("b");
  EXPECT_EQ(ring.last(), 2U);
  std::string out;
  EXPECT_EQ(ring.CopyAfter(0, 100, out), 2U);
  EXPECT_EQ(out, "ab");
  out.clear();
  EXPECT_EQ(ring.CopyAfter(1, 100, out), 2U);
  EXPECT_EQ(out, "b");
  EXPECT_EQ(ring.CopyAfter(2, 100, out), 2U);
}

TEST(EventRingTest, CopiesAboutAsMuchAsIsAskedFor) {
  EventRing ring;
  for (int i = 0; i < 10; ++i) ring.Push("0123456789");
  std::string out;
  EXPECT_EQ(ring.CopyAfter(0, 35, out), 3U);
  EXPECT_EQ(out.size(), 30U);
  out.clear();
  EXPECT_EQ(ring.CopyAfter(3, 1, out), 4U) << "one at least";
}

TEST(EventRingTest, WhatWasDroppedIsKnownToBeGone) {
  EventRing ring;
  ring.Push("a");
  ring.Push("b");
  EXPECT_EQ(ring.DropFirst(), EventRing::CostOf("a"));
  EXPECT_FALSE(ring.HoldsAllAfter(0));
  EXPECT_TRUE(ring.HoldsAllAfter(1));
  ring.Skip();
  EXPECT_EQ(ring.last(), 3U);
  EXPECT_EQ(ring.bytes(), 0U);
  EXPECT_FALSE(ring.HoldsAllAfter(2));
  EXPECT_TRUE(ring.HoldsAllAfter(3));
  EXPECT_EQ(ring.DropFirst(), 0U);
}

TEST(EventRingTest, BehavesLikeItsModel) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    EventRing ring;
    std::deque<std::string> model;
    std::size_t next = 1;
    for (int step = 0; step < 500; ++step) {
      const auto action = random() % 10;
      if (action < 6) {
        const std::string event(random() % 40, static_cast<char>('a' + random() % 26));
        ring.Push(event);
        model.push_back(event);
        ++next;
      } else if (action < 9) {
        ring.DropFirst();
        if (!model.empty()) model.pop_front();
      } else {
        ring.Skip();
        model.clear();
        ++next;
      }
      std::size_t bytes = 0;
      for (const std::string& event : model) bytes += EventRing::CostOf(event);
      ASSERT_EQ(ring.bytes(), bytes);
      ASSERT_EQ(ring.last(), next - 1);
      for (std::size_t number = 0; number <= next; ++number) {
        const bool held = number < next && number + model.size() + 1 >= next;
        ASSERT_EQ(ring.HoldsAllAfter(number), held) << "seed " << seed << " number " << number;
        if (!held) continue;
        std::string expected;
        for (std::size_t i = model.size() - (next - 1 - number); i < model.size(); ++i) {
          expected += model[i];
        }
        std::string out;
        ASSERT_EQ(ring.CopyAfter(number, 1 << 20, out), next - 1);
        ASSERT_EQ(out, expected);
      }
    }
  }
}

}  // namespace
}  // namespace weir::relay
