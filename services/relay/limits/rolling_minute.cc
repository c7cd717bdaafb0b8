#include "services/relay/limits/rolling_minute.h"

#include <algorithm>
#include <utility>

namespace weir::relay {

void RollingMinute::Advance(std::uint32_t second) {
  while (size_ > 0 && At(0).second + kSeconds <= second) {
    sum_ -= At(0).amount;
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
  }
}

std::uint32_t RollingMinute::Add(std::uint32_t second, std::int64_t amount) {
  sum_ += amount;
  if (size_ > 0 && At(size_ - 1).second >= second) {
    At(size_ - 1).amount += amount;
    return At(size_ - 1).second;
  }
  Push({second, amount});
  return second;
}

void RollingMinute::TakeBack(std::uint32_t second, std::int64_t amount) {
  for (std::size_t i = size_; i > 0 && At(i - 1).second >= second; --i) {
    Slot& slot = At(i - 1);
    if (slot.second != second) continue;
    const std::int64_t taken = std::min(amount, slot.amount);
    slot.amount -= taken;
    sum_ -= taken;
    return;
  }
}

std::uint32_t RollingMinute::SecondWhenFree(std::int64_t amount) const {
  std::uint32_t second = 0;
  for (std::size_t i = 0; i < size_ && amount > 0; ++i) {
    amount -= At(i).amount;
    second = At(i).second + kSeconds;
  }
  return second;
}

std::uint32_t RollingMinute::SecondWhenEmpty(std::uint32_t second) const {
  return size_ == 0 ? second : At(size_ - 1).second + kSeconds;
}

void RollingMinute::Push(Slot slot) {
  if (size_ == slots_.size()) {
    std::vector<Slot> larger(slots_.empty() ? 4 : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = At(i);
    slots_ = std::move(larger);
    first_ = 0;
  }
  ++size_;
  At(size_ - 1) = slot;
}

}  // namespace weir::relay
