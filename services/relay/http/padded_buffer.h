// The bytes of a request's body. Small ones come from the allocator; memory for large ones is kept
// by the thread for the next body, since fresh pages cost more than the bytes that go into them.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::relay {

// Bytes that may be handed to simdjson: readable for 64 bytes behind their end. Made, grown and
// freed on one thread.
class PaddedBuffer {
 public:
  static constexpr std::size_t kPaddingBytes = 64;

  PaddedBuffer() = default;
  ~PaddedBuffer() { Free(); }
  PaddedBuffer(const PaddedBuffer&) = delete;
  PaddedBuffer& operator=(const PaddedBuffer&) = delete;

  // Keeps what is there. Grows to at least `capacity`.
  void Reserve(std::size_t capacity);
  void Append(const char* data, std::size_t size);
  void SetSize(std::size_t size) { size_ = size; }
  void Free();

  char* data() { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// What this thread keeps for bodies to come, in bytes; at most kKeptBodyBytesMax.
inline constexpr std::size_t kKeptBodyBytesMax = std::size_t{8} << 20;
std::size_t KeptBodyBytes();

// Gives back what this thread has kept and not used since the last call. Call it every second or
// so: a burst of large bodies then leaves nothing behind.
void TrimKeptBodies();

}  // namespace weir::relay
