// What good answers tell of an account, by model: what is left of its limits, and how long its
// streams take to begin. Steers the choice before anything is refused.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace weir::relay {

// Thread-safe without locks; memory is taken with the first note. A few models an account are
// remembered, of more the one that was used longest ago is forgotten. Notes of two threads at once
// may cost one of them: these are hints.
class AccountStats {
 public:
  AccountStats() = default;
  ~AccountStats();
  AccountStats(const AccountStats&) = delete;
  AccountStats& operator=(const AccountStats&) = delete;

  static constexpr std::size_t kModelsMax = 8;
  // A sample's part in the running mean of first-byte times, and how many, how fresh, it takes to
  // believe it.
  static constexpr std::int64_t kMeanOf = 8;
  static constexpr std::uint32_t kSamplesMin = 8;
  static constexpr std::int64_t kSamplesFreshMs = 60'000;

  // `model` is a hash of the upstream model's name; 0 = the whole account.
  void NoteRates(std::uint64_t model, std::int64_t exhausted_until_unix_ms,
                 std::int64_t low_until_unix_ms, std::int64_t now_unix_ms);
  void NoteFirstByte(std::uint64_t model, std::int64_t first_byte_ms, std::int64_t now_unix_ms);

  struct Rates {
    std::int64_t exhausted_until_unix_ms = 0;  // <= now: it is not
    std::int64_t low_until_unix_ms = 0;
  };
  // Of the model and of the account together; one load while there is enough of everything.
  Rates RatesOf(std::uint64_t model, std::int64_t now_unix_ms) const;
  // The running mean; 0 = not known (any more).
  std::int64_t FirstByteMs(std::uint64_t model, std::int64_t now_unix_ms) const;

  void Clear();

 private:
  struct Slot {
    std::atomic<std::uint64_t> key{0};  // of the model, never 0 when taken
    std::atomic<std::int64_t> used_at{0};
    std::atomic<std::int64_t> exhausted_until{0};
    std::atomic<std::int64_t> low_until{0};
    std::atomic<std::int64_t> first_byte_us{0};
    std::atomic<std::int64_t> sampled_at{0};
    std::atomic<std::uint32_t> samples{0};
  };
  using Slots = std::array<Slot, kModelsMax>;

  const Slot* Find(std::uint64_t key) const;
  Slot& Take(std::uint64_t key, std::int64_t now_unix_ms);
  Slots& All();

  std::atomic<Slots*> slots_{nullptr};
  std::atomic<std::int64_t> hints_until_{0};  // after that, no slot says that little is left
};

}  // namespace weir::relay
