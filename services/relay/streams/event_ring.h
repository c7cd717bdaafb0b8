// The last events of a stream with their numbers, from 1; the oldest make room. No I/O, not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace weir::relay {

class EventRing {
 public:
  // What an event costs beside its bytes.
  static constexpr std::size_t kEventOverheadBytes = 64;
  static std::size_t CostOf(std::string_view event) { return event.size() + kEventOverheadBytes; }

  void Push(std::string_view event);
  // An event that is counted and not kept; neither are those before it.
  void Skip();
  // Makes room: what the oldest event cost, 0 = there is none.
  std::size_t DropFirst();

  std::uint64_t last() const { return next_ - 1; }  // 0 = none yet
  std::size_t bytes() const { return bytes_; }
  // Every event behind `number` that there has been is still there.
  bool HoldsAllAfter(std::uint64_t number) const {
    return number + events_.size() >= last() && number <= last();
  }
  // Appends about `bytes_max` of the events behind `number` to `out` (one at least); the number of
  // the last one. Only when HoldsAllAfter(number).
  std::uint64_t CopyAfter(std::uint64_t number, std::size_t bytes_max, std::string& out) const;

 private:
  std::deque<std::string> events_;  // the last one has the number next_ - 1
  std::uint64_t next_ = 1;
  std::size_t bytes_ = 0;
};

}  // namespace weir::relay
