#include "services/relay/net/frame_pool.h"

#include <cstring>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(FramePoolTest, BlocksAreWholeAndOnlyOnes) {
  std::mt19937 random(2);
  std::vector<std::pair<unsigned char*, std::size_t>> held;
  std::set<void*> addresses;
  for (int i = 0; i < 20'000; ++i) {
    if (held.empty() || random() % 5 < 3) {
      const std::size_t size = 1 + random() % 6'000;
      auto* block = static_cast<unsigned char*>(AllocateFrame(size));
      ASSERT_TRUE(addresses.insert(block).second) << "handed out twice";
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U);
      std::memset(block, static_cast<int>(size % 251), size);
      held.emplace_back(block, size);
    } else {
      std::swap(held[random() % held.size()], held.back());
      const auto [block, size] = held.back();
      held.pop_back();
      for (std::size_t k = 0; k < size; k += 97) ASSERT_EQ(block[k], size % 251);
      addresses.erase(block);
      FreeFrame(block, size);
    }
  }
  for (const auto& [block, size] : held) FreeFrame(block, size);
}

TEST(FramePoolTest, EachThreadHasItsOwn) {
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 2'000; ++i) {
        void* a = AllocateFrame(200);
        void* b = AllocateFrame(300);
        FreeFrame(a, 200);
        FreeFrame(b, 300);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir::relay
