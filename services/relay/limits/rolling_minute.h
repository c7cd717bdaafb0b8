// How much was counted in the last minute, second by second.
//
// What is counted in one second stays for the 60 seconds after it: 60 to 61 seconds in all. So no
// window of 60 seconds, wherever it begins, holds more than was allowed; the price is that a full
// limit comes back up to a second late. Only seconds in which something was counted take memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::relay {

// Seconds are of a clock that does not go back; one that is behind the newest counts as the newest
// (threads read the clock in no order). Not thread-safe.
class RollingMinute {
 public:
  static constexpr std::uint32_t kSeconds = 61;

  // Forgets what is no longer within the minute.
  void Advance(std::uint32_t second);

  // As of the last Advance.
  std::int64_t sum() const { return sum_; }

  // Returns the second it was counted in, for TakeBack. Advance first.
  std::uint32_t Add(std::uint32_t second, std::int64_t amount);

  // Up to `amount` of what was counted in `second`; nothing when that second is forgotten.
  void TakeBack(std::uint32_t second, std::int64_t amount);

  // The first second in which `amount` of what is counted now will have left; at most sum().
  std::uint32_t SecondWhenFree(std::int64_t amount) const;

  // The first second in which nothing of it is left; `second` when nothing is counted.
  std::uint32_t SecondWhenEmpty(std::uint32_t second) const;

 private:
  struct Slot {
    std::uint32_t second = 0;
    std::int64_t amount = 0;
  };

  Slot& At(std::size_t i) { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  const Slot& At(std::size_t i) const { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  void Push(Slot slot);

  std::vector<Slot> slots_;  // a ring, oldest first; a power of two, or none
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::int64_t sum_ = 0;
};

}  // namespace weir::relay
