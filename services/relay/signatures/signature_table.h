// Who made which signature, as far as this relay has seen: learned from the answers that passed,
// forgotten when there are too many. Thread-safe; shared by all loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

namespace weir::relay {

// What is known of one signature.
struct SignatureMaker {
  std::uint64_t family = 0;
  bool made = false;  // true: this family made it; false: this family has refused it
};

class SignatureTable {
 public:
  // About as many are remembered, the ones used last; some 60 bytes each.
  explicit SignatureTable(std::size_t entries_max = 100'000) : entries_max_(entries_max) {}

  void Learn(std::span<const std::uint64_t> hashes, SignatureMaker maker);

  // Nothing: not seen here, or long ago.
  std::optional<SignatureMaker> Find(std::uint64_t hash);

 private:
  using Map = std::unordered_map<std::uint64_t, SignatureMaker>;

  void Put(std::uint64_t hash, SignatureMaker maker);

  const std::size_t entries_max_;
  std::mutex mutex_;
  // Two halves: when the young one is full, it becomes the old one, and that is forgotten. What is
  // asked for moves to the young one.
  Map young_;
  Map old_;
};

// Whether a signature may go to a family of accounts: its maker's; one that is not known goes only
// where its conversation is at home.
bool MayGoTo(std::uint64_t family, std::uint64_t home_family,
             const std::optional<SignatureMaker>& maker);

}  // namespace weir::relay
