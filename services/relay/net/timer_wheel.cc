#include "services/relay/net/timer_wheel.h"

#include <algorithm>

namespace weir::relay {

namespace {

constexpr std::int64_t kCircleMs = 1024 * TimerWheel::kSlotMs;

}  // namespace

TimerWheel::TimerWheel(std::int64_t now_ms) : cursor_(now_ms / kSlotMs) {
  for (TimerNode& head : slots_) {
    head.next = &head;
    head.previous = &head;
  }
}

std::int64_t TimerWheel::SlotNumber(std::int64_t deadline_ms) const {
  // The slot after the deadline's, so that all of a slot has passed when it is looked at.
  return std::max(deadline_ms / kSlotMs + 1, cursor_ + 1);
}

void TimerWheel::Add(TimerNode& node, std::int64_t deadline_ms) {
  if (node.armed()) Remove(node);
  node.due_ms = deadline_ms;
  const std::int64_t number = SlotNumber(deadline_ms);
  next_slot_ = armed_ == 0 ? number : std::min(next_slot_, number);
  TimerNode& head = Slot(number);
  node.next = &head;
  node.previous = head.previous;
  head.previous->next = &node;
  head.previous = &node;
  ++armed_;
}

void TimerWheel::Remove(TimerNode& node) {
  if (!node.armed()) return;
  node.previous->next = node.next;
  node.next->previous = node.previous;
  node.next = nullptr;
  node.previous = nullptr;
  --armed_;
}

TimerNode* TimerWheel::PopExpired(std::int64_t now_ms) {
  const std::int64_t now_slot = now_ms / kSlotMs;
  // After a long sleep one full circle sees every node; more circles would see none new.
  if (now_slot - cursor_ > static_cast<std::int64_t>(kSlots)) {
    cursor_ = now_slot - static_cast<std::int64_t>(kSlots);
  }
  while (cursor_ < now_slot) {
    TimerNode& head = Slot(cursor_ + 1);
    for (TimerNode* node = head.next; node != &head; node = node->next) {
      if (node->due_ms > now_ms) continue;  // another round
      Remove(*node);
      return node;
    }
    ++cursor_;
  }
  return nullptr;
}

int TimerWheel::SleepMs(std::int64_t now_ms) {
  if (armed_ == 0) return -1;
  if (next_slot_ <= cursor_) {
    next_slot_ = cursor_ + 1;
    const std::int64_t last = cursor_ + static_cast<std::int64_t>(kSlots);
    while (next_slot_ < last && Slot(next_slot_).next == &Slot(next_slot_)) ++next_slot_;
  }
  // At most one circle, so that the farthest deadline of all does not overflow.
  const std::int64_t slot = std::min(next_slot_, cursor_ + static_cast<std::int64_t>(kSlots));
  return static_cast<int>(std::clamp<std::int64_t>(slot * kSlotMs - now_ms, 0, kCircleMs));
}

}  // namespace weir::relay
