#include "services/relay/snapshot/account_stats.h"

#include <algorithm>

namespace weir::relay {
namespace {

constexpr std::int64_t kUsPerMs = 1'000;
constexpr auto kRelaxed = std::memory_order_relaxed;

// 0 is a free slot, and the whole account's name is 0.
std::uint64_t KeyOf(std::uint64_t model) { return model == 0 ? 1 : model | 2; }

}  // namespace

AccountStats::~AccountStats() { delete slots_.load(kRelaxed); }

AccountStats::Slots& AccountStats::All() {
  Slots* slots = slots_.load(std::memory_order_acquire);
  if (slots != nullptr) return *slots;
  auto made = std::make_unique<Slots>();
  if (slots_.compare_exchange_strong(slots, made.get(), std::memory_order_acq_rel)) {
    return *made.release();
  }
  return *slots;  // another thread was quicker
}

const AccountStats::Slot* AccountStats::Find(std::uint64_t key) const {
  const Slots* slots = slots_.load(std::memory_order_acquire);
  if (slots == nullptr) return nullptr;
  for (const Slot& slot : *slots) {
    if (slot.key.load(kRelaxed) == key) return &slot;
  }
  return nullptr;
}

AccountStats::Slot& AccountStats::Take(std::uint64_t key, std::int64_t now_unix_ms) {
  Slots& slots = All();
  Slot* oldest = &slots.front();
  for (Slot& slot : slots) {
    if (slot.key.load(kRelaxed) == key) {
      slot.used_at.store(now_unix_ms, kRelaxed);
      return slot;
    }
    if (slot.used_at.load(kRelaxed) < oldest->used_at.load(kRelaxed)) oldest = &slot;
  }
  oldest->key.store(key, kRelaxed);
  oldest->used_at.store(now_unix_ms, kRelaxed);
  oldest->exhausted_until.store(0, kRelaxed);
  oldest->low_until.store(0, kRelaxed);
  oldest->samples.store(0, kRelaxed);
  return *oldest;
}

void AccountStats::NoteRates(std::uint64_t model, std::int64_t exhausted_until_unix_ms,
                             std::int64_t low_until_unix_ms, std::int64_t now_unix_ms) {
  const std::int64_t until = std::max(exhausted_until_unix_ms, low_until_unix_ms);
  // Enough is left, and nobody has said otherwise: nothing to remember.
  if (until <= now_unix_ms && hints_until_.load(kRelaxed) <= now_unix_ms) return;
  Slot& slot = Take(KeyOf(model), now_unix_ms);
  slot.exhausted_until.store(exhausted_until_unix_ms, kRelaxed);
  slot.low_until.store(low_until_unix_ms, kRelaxed);
  if (until > hints_until_.load(kRelaxed)) hints_until_.store(until, kRelaxed);
}

void AccountStats::NoteFirstByte(std::uint64_t model, std::int64_t first_byte_ms,
                                 std::int64_t now_unix_ms) {
  Slot& slot = Take(KeyOf(model), now_unix_ms);
  const std::int64_t sample_us = std::max<std::int64_t>(first_byte_ms, 0) * kUsPerMs;
  const bool stale = slot.sampled_at.load(kRelaxed) + kSamplesFreshMs < now_unix_ms;
  const std::uint32_t samples = stale ? 0 : slot.samples.load(kRelaxed);
  const std::int64_t mean_us = slot.first_byte_us.load(kRelaxed);
  // The first few count alike, so that the very first one does not weigh for long.
  const std::int64_t of = std::min<std::int64_t>(samples + 1, kMeanOf);
  slot.first_byte_us.store(samples == 0 ? sample_us : mean_us + (sample_us - mean_us) / of,
                           kRelaxed);
  slot.sampled_at.store(now_unix_ms, kRelaxed);
  slot.samples.store(std::min(samples + 1, kSamplesMin), kRelaxed);
}

AccountStats::Rates AccountStats::RatesOf(std::uint64_t model, std::int64_t now_unix_ms) const {
  if (hints_until_.load(kRelaxed) <= now_unix_ms) return {};
  Rates rates;
  for (const std::uint64_t key : {KeyOf(0), KeyOf(model)}) {
    const Slot* slot = Find(key);
    if (slot == nullptr) continue;
    rates.exhausted_until_unix_ms =
        std::max(rates.exhausted_until_unix_ms, slot->exhausted_until.load(kRelaxed));
    rates.low_until_unix_ms = std::max(rates.low_until_unix_ms, slot->low_until.load(kRelaxed));
  }
  return rates;
}

std::int64_t AccountStats::FirstByteMs(std::uint64_t model, std::int64_t now_unix_ms) const {
  const Slot* slot = Find(KeyOf(model));
  if (slot == nullptr || slot->samples.load(kRelaxed) < kSamplesMin) return 0;
  if (slot->sampled_at.load(kRelaxed) + kSamplesFreshMs < now_unix_ms) return 0;
  return slot->first_byte_us.load(kRelaxed) / kUsPerMs;
}

void AccountStats::Clear() {
  Slots* slots = slots_.load(std::memory_order_acquire);
  if (slots == nullptr) return;
  for (Slot& slot : *slots) {
    slot.exhausted_until.store(0, kRelaxed);
    slot.low_until.store(0, kRelaxed);
    slot.samples.store(0, kRelaxed);
  }
  hints_until_.store(0, kRelaxed);
}

}  // namespace weir::relay
