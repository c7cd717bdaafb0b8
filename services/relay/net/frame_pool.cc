#include "services/relay/net/frame_pool.h"

#include <array>
#include <new>
#include <utility>

namespace weir::relay {
namespace {

constexpr std::size_t kClassBytes = 128;
constexpr std::size_t kClasses = 32;
constexpr std::size_t kKeptPerClass = 64;  // bounds what a burst leaves behind

// Linked through the blocks themselves: taking and giving is a few instructions each.
class FreeList {
 public:
  FreeList() = default;
  ~FreeList() {
    while (void* block = Take()) ::operator delete(block);
  }
  FreeList(const FreeList&) = delete;
  FreeList& operator=(const FreeList&) = delete;

  // nullptr = there is none.
  void* Take() {
    if (first_ == nullptr) return nullptr;
    --size_;
    return std::exchange(first_, first_->next);
  }
  // False: there are enough.
  bool Give(void* block) noexcept {
    if (size_ == kKeptPerClass) return false;
    first_ = ::new (block) Link{first_};
    ++size_;
    return true;
  }

 private:
  struct Link {
    Link* next;
  };

  Link* first_ = nullptr;
  std::size_t size_ = 0;
};

FreeList& ListOf(std::size_t size_class) {
  thread_local std::array<FreeList, kClasses> lists;
  return lists[size_class];
}

std::size_t ClassOf(std::size_t size) { return (size + kClassBytes - 1) / kClassBytes - 1; }

}  // namespace

void* AllocateFrame(std::size_t size) {
  const std::size_t size_class = ClassOf(size);
  if (size_class >= kClasses) return ::operator new(size);
  if (void* block = ListOf(size_class).Take()) return block;
  return ::operator new((size_class + 1) * kClassBytes);
}

void FreeFrame(void* block, std::size_t size) noexcept {
  const std::size_t size_class = ClassOf(size);
  if (size_class < kClasses && ListOf(size_class).Give(block)) return;
  ::operator delete(block);
}

}  // namespace weir::relay
