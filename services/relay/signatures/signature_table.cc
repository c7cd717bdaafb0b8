#include "services/relay/signatures/signature_table.h"

#include <utility>

namespace weir::relay {

void SignatureTable::Put(std::uint64_t hash, SignatureMaker maker) {
  if (young_.size() >= entries_max_ / 2) {
    old_ = std::exchange(young_, {});
  }
  young_[hash] = maker;
}

void SignatureTable::Learn(std::span<const std::uint64_t> hashes, SignatureMaker maker) {
  if (hashes.empty()) return;
  const std::scoped_lock lock(mutex_);
  for (const std::uint64_t hash : hashes) Put(hash, maker);
}

std::optional<SignatureMaker> SignatureTable::Find(std::uint64_t hash) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = young_.find(hash); found != young_.end()) return found->second;
  const auto found = old_.find(hash);
  if (found == old_.end()) return std::nullopt;
  const SignatureMaker maker = found->second;
  Put(hash, maker);
  return maker;
}

bool MayGoTo(std::uint64_t family, std::uint64_t home_family,
             const std::optional<SignatureMaker>& maker) {
  if (maker.has_value() && maker->made) return maker->family == family;
  const bool refused_here = maker.has_value() && maker->family == family;
  return !refused_here && family == home_family;
}

}  // namespace weir::relay
