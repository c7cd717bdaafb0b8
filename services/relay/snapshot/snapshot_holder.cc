#include "services/relay/snapshot/snapshot_holder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

SnapshotHolder::SnapshotHolder() = default;
SnapshotHolder::~SnapshotHolder() = default;

void SnapshotHolder::Swap(std::shared_ptr<const Snapshot> snapshot) {
  const std::lock_guard<std::mutex> lock(mutex_);
  current_.swap(snapshot);
  if (snapshot != nullptr) retired_.push_back(std::move(snapshot));
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const Snapshot> SnapshotHolder::Get() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

std::size_t SnapshotHolder::ReleaseRetired() {
  std::vector<std::shared_ptr<const Snapshot>> unused;
  const std::lock_guard<std::mutex> lock(mutex_);
  // A count of one can only stay one: nobody but this list can make another copy.
  const auto end = std::partition(retired_.begin(), retired_.end(),
                                  [](const auto& snapshot) { return snapshot.use_count() > 1; });
  std::move(end, retired_.end(), std::back_inserter(unused));
  retired_.erase(end, retired_.end());
  return retired_.size();
}

void SnapshotReader::Refresh() {
  // The version first: a swap between the two lines costs one more refresh, never a missed one.
  version_ = holder_.version();
  snapshot_ = holder_.Get();
}

}  // namespace weir::relay
