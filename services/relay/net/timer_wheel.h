// Deadlines of many waiting coroutines: to add and to remove one costs a few pointer writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::relay {

// Intrusive: a node lives in whatever waits. Not thread-safe.
struct TimerNode {
  TimerNode* previous = nullptr;
  TimerNode* next = nullptr;
  std::int64_t due_ms = 0;

  bool armed() const { return next != nullptr; }
};

// Slots of 16 ms in a circle of 1024 (16 s); a node further away stays in its slot for another
// round. A timer fires up to one slot late, never early.
class TimerWheel {
 public:
  static constexpr std::int64_t kSlotMs = 16;

  explicit TimerWheel(std::int64_t now_ms);

  void Add(TimerNode& node, std::int64_t deadline_ms);
  void Remove(TimerNode& node);
  bool empty() const { return armed_ == 0; }

  // Takes out one node whose deadline has passed at `now_ms`; nullptr when there is none (left).
  TimerNode* PopExpired(std::int64_t now_ms);

  // How long the loop may sleep: until the next slot that may hold a due node; -1 = for ever.
  int SleepMs(std::int64_t now_ms);

 private:
  static constexpr std::size_t kSlots = 1024;

  std::int64_t SlotNumber(std::int64_t deadline_ms) const;
  TimerNode& Slot(std::int64_t number) { return slots_[static_cast<std::size_t>(number) % kSlots]; }

  std::array<TimerNode, kSlots> slots_;  // heads of circular lists
  std::int64_t cursor_;                  // slot number (time / kSlotMs) up to which all is done
  // No armed node is in a slot before this one. Only a lower bound, since removing does not look
  // for the next; found anew when it is reached.
  std::int64_t next_slot_ = 0;
  std::size_t armed_ = 0;
};

}  // namespace weir::relay
