#include "services/relay/budgets/lease_book.h"

#include <utility>

#include "absl/hash/hash.h"

namespace weir::relay {

LeaseBook::Shard& LeaseBook::ShardOf(const BudgetKey& key) {
  // The table takes the low bits of the same hash.
  return shards_[(absl::Hash<BudgetKey>()(key) >> 32) % kShards];
}

Lease& LeaseBook::PinLease(const BudgetLine& line, bool& changed) {
  Shard& shard = ShardOf(line.key);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  std::unique_ptr<Lease>& lease = shard.leases[line.key];
  const bool fresh = lease == nullptr;
  if (fresh) lease = std::make_unique<Lease>(line.key, shard.session, listener_);
  lease->Pin();
  lease->Touch();
  changed = (lease->cap() != line.cap && lease->SetCap(line.cap)) && !fresh;
  return *lease;
}

std::int64_t LeaseBook::AtHand(const BudgetKey& key) {
  Shard& shard = ShardOf(key);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.leases.find(key);
  return found == shard.leases.end() ? 0 : found->second->available();
}

std::optional<std::int64_t> LeaseBook::Unspent(const BudgetKey& key) {
  Shard& shard = ShardOf(key);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.leases.find(key);
  if (found == shard.leases.end()) return std::nullopt;
  return found->second->Unspent();
}

void LeaseBook::Forget(Lease& lease) {
  std::unique_ptr<Lease> gone;
  Shard& shard = ShardOf(lease.key());
  const std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.leases.find(lease.key());
  const bool known = found != shard.leases.end() && found->second.get() == &lease;
  if (known && lease.pins() == 1) {
    gone = std::move(found->second);
    shard.leases.erase(found);
  }
  lease.Unpin();
}

void LeaseBook::BeginSession(std::shared_ptr<const std::string> session) {
  const std::lock_guard<std::mutex> retired_lock(retired_mutex_);
  std::erase_if(retired_, [](const std::unique_ptr<Lease>& lease) { return lease->pins() == 0; });
  for (Shard& shard : shards_) {
    const std::lock_guard<std::mutex> lock(shard.mutex);
    shard.session = session;
    for (auto& [key, lease] : shard.leases) {
      lease->Retire();
      retired_.push_back(std::move(lease));
    }
    shard.leases.clear();
  }
}

void LeaseBook::ForEach(const std::function<void(Lease&)>& visit) {
  std::vector<Lease*> pinned;
  for (Shard& shard : shards_) {
    {
      const std::lock_guard<std::mutex> lock(shard.mutex);
      for (auto& [key, lease] : shard.leases) {
        lease->Pin();
        pinned.push_back(lease.get());
      }
    }
    for (Lease* lease : pinned) {
      visit(*lease);
      lease->Unpin();
    }
    pinned.clear();
  }
}

std::size_t LeaseBook::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard<std::mutex> lock(shard.mutex);
    size += shard.leases.size();
  }
  return size;
}

}  // namespace weir::relay
