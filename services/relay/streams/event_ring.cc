#include "services/relay/streams/event_ring.h"

namespace weir::relay {

void EventRing::Push(std::string_view event) {
  events_.emplace_back(event);
  bytes_ += CostOf(event);
  ++next_;
}

void EventRing::Skip() {
  events_.clear();
  bytes_ = 0;
  ++next_;
}

std::size_t EventRing::DropFirst() {
  if (events_.empty()) return 0;
  const std::size_t cost = CostOf(events_.front());
  events_.pop_front();
  bytes_ -= cost;
  return cost;
}

std::uint64_t EventRing::CopyAfter(std::uint64_t number, std::size_t bytes_max,
                                   std::string& out) const {
  const std::size_t before = out.size();
  while (number < last()) {
    const std::size_t behind = static_cast<std::size_t>(last() - number);
    const std::string& event = events_[events_.size() - behind];
    const std::size_t copied = out.size() - before;
    if (copied > 0 && copied + event.size() > bytes_max) break;
    out += event;
    ++number;
  }
  return number;
}

}  // namespace weir::relay
