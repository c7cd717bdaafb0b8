#include "services/relay/http/padded_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "services/relay/net/frame_pool.h"

namespace weir::relay {
namespace {

constexpr std::size_t kPageBytes = 4096;
// From here on memory is mapped and kept; between, the allocator does as well.
constexpr std::size_t kMappedBytesMin = 64 * 1024;
// Up to here it comes from where coroutine frames do: more than the allocator keeps at hand for a
// thread, and most bodies are that small.
constexpr std::size_t kPooledBytesMax = 4096;

struct Block {
  char* data = nullptr;
  std::size_t bytes = 0;
};

Block Map(std::size_t bytes) {
  const std::size_t rounded = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  void* memory =
      ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();  // as `new` would; nobody catches it
  return {static_cast<char*>(memory), rounded};
}

// Blocks of this thread that no body uses; the ones used last are at the end.
class KeptBlocks {
 public:
  ~KeptBlocks() {
    for (const Block& block : blocks_) ::munmap(block.data, block.bytes);
  }

  Block Take(std::size_t bytes) {
    // A much larger one would be missing where it is needed.
    const auto fits = [bytes](const Block& block) {
      return block.bytes >= bytes && block.bytes / 4 <= bytes;
    };
    const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(), fits);
    if (found == blocks_.rend()) return Map(bytes);
    const Block block = *found;
    blocks_.erase(std::next(found).base());
    bytes_ -= block.bytes;
    unused_ = std::min(unused_, blocks_.size());
    return block;
  }

  void Give(Block block) {
    if (bytes_ + block.bytes > kKeptBodyBytesMax) {
      ::munmap(block.data, block.bytes);
      return;
    }
    blocks_.push_back(block);
    bytes_ += block.bytes;
  }

  // The front `unused_` blocks have not been taken since the last call.
  void Trim() {
    for (std::size_t i = 0; i < unused_; ++i) {
      ::munmap(blocks_[i].data, blocks_[i].bytes);
      bytes_ -= blocks_[i].bytes;
    }
    blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(unused_));
    unused_ = blocks_.size();
  }

  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<Block> blocks_;
  std::size_t bytes_ = 0;
  std::size_t unused_ = 0;  // fewest blocks there were since the last Trim
};

KeptBlocks& Kept() {
  thread_local KeptBlocks kept;
  return kept;
}

Block Allocate(std::size_t bytes) {
  if (bytes <= kPooledBytesMax) return {static_cast<char*>(AllocateFrame(bytes)), bytes};
  if (bytes < kMappedBytesMin) return {new char[bytes], bytes};
  return Kept().Take(bytes);
}

void Release(Block block) {
  if (block.bytes <= kPooledBytesMax) {
    FreeFrame(block.data, block.bytes);
  } else if (block.bytes < kMappedBytesMin) {
    delete[] block.data;
  } else {
    Kept().Give(block);
  }
}

}  // namespace

void PaddedBuffer::Reserve(std::size_t capacity) {
  if (capacity <= capacity_ && data_ != nullptr) return;
  const Block larger = Allocate(capacity + kPaddingBytes);
  if (size_ > 0) std::memcpy(larger.data, data_, size_);
  std::memset(larger.data + larger.bytes - kPaddingBytes, 0, kPaddingBytes);
  const std::size_t size = size_;
  Free();
  data_ = larger.data;
  size_ = size;
  capacity_ = larger.bytes - kPaddingBytes;
}

void PaddedBuffer::Append(const char* data, std::size_t size) {
  if (size == 0) return;  // there may be no memory yet, which memcpy must not be told
  if (size_ + size > capacity_) Reserve(std::max(capacity_ * 2, size_ + size));
  std::memcpy(data_ + size_, data, size);
  size_ += size;
}

void PaddedBuffer::Free() {
  if (data_ != nullptr) Release({data_, capacity_ + kPaddingBytes});
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

std::size_t KeptBodyBytes() { return Kept().bytes(); }
void TrimKeptBodies() { Kept().Trim(); }

}  // namespace weir::relay
