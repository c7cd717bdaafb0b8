// One cap on all bytes that the process holds for its clients and upstreams: requests, answers that
// a client has not read, parts of events. What does not fit is refused, so that no load ends in the
// kernel's killing of the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::relay {

// What all loops share. Thread-safe; outlives the loops.
class BufferCap {
 public:
  explicit BufferCap(std::int64_t bytes_max) : bytes_max_(bytes_max) {}

  // All of it or nothing.
  bool Take(std::int64_t bytes);
  void Give(std::int64_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Beyond the cap if need be: for bytes that are there already.
  void TakeAnyway(std::int64_t bytes) { taken_.fetch_add(bytes, std::memory_order_relaxed); }

  std::int64_t bytes_max() const { return bytes_max_; }
  std::int64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::int64_t bytes_max_;
  std::atomic<std::int64_t> taken_{0};
};

// One loop's part of it. Takes from the cap in batches, so that loops do not meet at one cache line
// with every request. On the loop's thread, but for charged() and refusals().
class LoopBuffers {
 public:
  // Without a cap everything fits. `cap` must outlive this; before the first charge.
  void SetCap(BufferCap& cap);
  ~LoopBuffers();

  bool Charge(std::int64_t bytes);
  void ChargeAnyway(std::int64_t bytes);
  void Release(std::int64_t bytes);

  // Bytes held, and how often they did not fit.
  std::int64_t charged() const { return charged_.load(std::memory_order_relaxed); }
  std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  void Note(std::int64_t bytes);

  BufferCap* cap_ = nullptr;
  std::int64_t batch_bytes_ = 0;
  std::int64_t free_bytes_ = 0;  // taken from the cap and not charged
  std::atomic<std::int64_t> charged_{0};
  std::atomic<std::uint64_t> refusals_{0};
};

// What one owner holds; given back with it. `buffers` must outlive it.
class BufferCharge {
 public:
  explicit BufferCharge(LoopBuffers& buffers) : buffers_(buffers) {}
  ~BufferCharge() { Set(0); }
  BufferCharge(const BufferCharge&) = delete;
  BufferCharge& operator=(const BufferCharge&) = delete;

  // False, and nothing changed, when the cap has no room for that many. Less always fits.
  bool Set(std::size_t bytes);
  // For bytes that are there already.
  void SetAnyway(std::size_t bytes);

 private:
  LoopBuffers& buffers_;
  std::int64_t bytes_ = 0;
};

}  // namespace weir::relay
