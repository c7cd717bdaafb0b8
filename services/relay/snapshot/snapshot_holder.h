// The snapshot in force: swapped by one thread, read by all.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace weir::relay {

class Snapshot;

// Thread-safe. Old snapshots are kept until nobody else holds them and are then destroyed by
// ReleaseRetired(), so that freeing a large one never falls on a thread that serves requests.
class SnapshotHolder {
 public:
  SnapshotHolder();
  ~SnapshotHolder();

  void Swap(std::shared_ptr<const Snapshot> snapshot);
  // nullptr until the first Swap. Takes a lock; a thread that serves requests has a SnapshotReader.
  std::shared_ptr<const Snapshot> Get() const;
  // Grows by one with each Swap; 0 = there was none.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // Destroys what is no longer in use; how many old snapshots are still held elsewhere.
  std::size_t ReleaseRetired();

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_;               // by mutex_
  std::vector<std::shared_ptr<const Snapshot>> retired_;  // by mutex_
  std::atomic<std::uint64_t> version_{0};
};

// One thread's view of the holder: one atomic load a call while nothing has changed. Not
// thread-safe; the holder must outlive it.
class SnapshotReader {
 public:
  explicit SnapshotReader(const SnapshotHolder& holder) : holder_(holder) {}

  // The newest snapshot, nullptr when there is none yet. The reference holds until the next call; a
  // request copies the pointer. Call it from time to time on an idle thread too: what it returned
  // last stays in memory.
  const std::shared_ptr<const Snapshot>& Current() {
    if (holder_.version() != version_) Refresh();
    return snapshot_;
  }

 private:
  void Refresh();

  const SnapshotHolder& holder_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace weir::relay
