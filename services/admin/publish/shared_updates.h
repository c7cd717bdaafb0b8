// One update for all relays that need the same one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

#include "services/admin/publish/snapshot_builder.h"

namespace weir::admin {

// Two hundred relays that follow hold the same revision and need the same difference: it is read
// once, and admin's work for a change is the change and not the number of relays. Thread-safe.
class SharedUpdates {
 public:
  using Update = std::shared_ptr<const SnapshotUpdate>;
  using Build = std::function<absl::StatusOr<SnapshotUpdate>(std::int64_t, std::string_view)>;

  explicit SharedUpdates(Build build) : build_(std::move(build)) {}

  // What SnapshotBuilder::Build answers, up to revision `at_least` or later. Waits for another
  // thread that builds the same. An error is not shared: the next one tries again.
  absl::StatusOr<Update> Get(std::int64_t have_revision, std::string_view lineage,
                             std::int64_t at_least);

 private:
  struct Slot {
    bool building = false;
    Update difference;                          // kept until a newer one is built
    std::weak_ptr<const SnapshotUpdate> whole;  // kept by those who send it: it is large
  };
  using Key = std::pair<std::int64_t, std::string>;

  absl::StatusOr<Update> Built(std::int64_t have_revision, std::string_view lineage) const;
  void Keep(const Key& key, const Update& update);

  const Build build_;
  std::mutex mutex_;
  std::condition_variable built_;
  std::map<Key, Slot> slots_;
};

}  // namespace weir::admin
