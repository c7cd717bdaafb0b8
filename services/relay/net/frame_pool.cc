#include "services/relay/net/frame_pool.h"

#include <array>
#include <new>
#include <vector>

namespace weir::relay {
namespace {

constexpr std::size_t kClassBytes = 128;
constexpr std::size_t kClasses = 32;
constexpr std::size_t kKeptPerClass = 64;  // bounds what a burst leaves behind

struct FreeLists {
  std::array<std::vector<void*>, kClasses> lists;
  ~FreeLists() {
    for (auto& list : lists) {
      for (void* block : list) ::operator delete(block);
    }
  }
};

FreeLists& Lists() {
  thread_local FreeLists lists;
  return lists;
}

std::size_t ClassOf(std::size_t size) { return (size + kClassBytes - 1) / kClassBytes - 1; }

}  // namespace

void* AllocateFrame(std::size_t size) {
  const std::size_t size_class = ClassOf(size);
  if (size_class >= kClasses) return ::operator new(size);
  auto& list = Lists().lists[size_class];
  if (list.empty()) return ::operator new((size_class + 1) * kClassBytes);
  void* block = list.back();
  list.pop_back();
  return block;
}

void FreeFrame(void* block, std::size_t size) noexcept {
  const std::size_t size_class = ClassOf(size);
  if (size_class < kClasses) {
    auto& list = Lists().lists[size_class];
    if (list.size() < kKeptPerClass) {
      // Reserved before use, so that push_back cannot throw here.
      if (list.capacity() < kKeptPerClass) list.reserve(kKeptPerClass);
      list.push_back(block);
      return;
    }
  }
  ::operator delete(block);
}

}  // namespace weir::relay
