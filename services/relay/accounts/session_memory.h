// Which sessions an account has served lately, so that one that has little left can keep those and
// take no new ones. One for all loops of a relay; no I/O.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace weir::relay {

// Thread-safe, of fixed size: a session falls out when another takes its place, which only costs
// its stickiness on an account that is nearly spent.
class SessionMemory {
 public:
  static constexpr std::size_t kPlaces = 1 << 15;
  static constexpr std::int64_t kRememberedMs = 3'600'000;

  void Note(std::int64_t account_id, std::uint64_t session, std::int64_t now_unix_ms);
  bool Knows(std::int64_t account_id, std::uint64_t session, std::int64_t now_unix_ms) const;

 private:
  // 40 bits of the session's fingerprint, 24 of the minute.
  std::array<std::atomic<std::uint64_t>, kPlaces> places_{};
};

}  // namespace weir::relay
