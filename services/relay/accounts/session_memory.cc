#include "services/relay/accounts/session_memory.h"

#include "libs/common/stable_hash.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr int kMinuteBits = 24;
constexpr std::uint64_t kMinuteMask = (std::uint64_t{1} << kMinuteBits) - 1;

std::uint64_t FingerprintOf(std::int64_t account_id, std::uint64_t session) {
  return MixBits(session ^ MixBits(static_cast<std::uint64_t>(account_id)));
}

std::uint64_t MinuteOf(std::int64_t now_unix_ms) {
  return static_cast<std::uint64_t>(now_unix_ms / kMinuteMs) & kMinuteMask;
}

}  // namespace

void SessionMemory::Note(std::int64_t account_id, std::uint64_t session, std::int64_t now_unix_ms) {
  const std::uint64_t fingerprint = FingerprintOf(account_id, session);
  const std::uint64_t entry = (fingerprint & ~kMinuteMask) | MinuteOf(now_unix_ms);
  std::atomic<std::uint64_t>& place = places_[fingerprint % kPlaces];
  // A line that is only read stays in all caches.
  if (place.load(std::memory_order_relaxed) != entry) {
    place.store(entry, std::memory_order_relaxed);
  }
}

bool SessionMemory::Knows(std::int64_t account_id, std::uint64_t session,
                          std::int64_t now_unix_ms) const {
  const std::uint64_t fingerprint = FingerprintOf(account_id, session);
  const std::uint64_t entry = places_[fingerprint % kPlaces].load(std::memory_order_relaxed);
  if (((entry ^ fingerprint) & ~kMinuteMask) != 0 || entry == 0) return false;
  const std::uint64_t age = (MinuteOf(now_unix_ms) - entry) & kMinuteMask;
  return age <= static_cast<std::uint64_t>(kRememberedMs / kMinuteMs);
}

}  // namespace weir::relay
