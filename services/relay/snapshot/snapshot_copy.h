// The snapshot's copy on disk, from the subscriber's side: read once at the start, then written
// with each revision. On the subscriber's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "services/relay/snapshot/snapshot.h"
#include "services/relay/snapshot/snapshot_file.h"

namespace weir::relay {

class AccountHealthRegistry;

std::int64_t ResourcesIn(const SnapshotFile::Chunks& chunks);
// As messages resources take more memory than in the snapshot: after many of them, what is free
// goes back to the system.
void GiveBackMemoryOf(std::int64_t resources);

class SnapshotCopy {
 public:
  // `file` may be null: nothing on disk. It must outlive this.
  explicit SnapshotCopy(SnapshotFile* file) : file_(file) {}

  // Null when there is no good one.
  std::shared_ptr<const Snapshot> Load(AccountHealthRegistry& health);
  // A revision that is in force. What cannot be written is logged.
  void Write(const SnapshotFile::Chunks& chunks);

  // A step was missed: everything has to be written anew / and it is time to try.
  bool is_behind() const { return behind_since_ns_ != 0; }
  bool RetryIsDue() const;

 private:
  SnapshotFile* file_;
  std::int64_t behind_since_ns_ = 0;  // 0 = it holds what is in force
};

}  // namespace weir::relay
