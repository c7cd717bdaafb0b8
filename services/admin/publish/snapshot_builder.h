// From the tables to what a relay is sent: everything, or what changed since a revision.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/store/store.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::admin {

struct SnapshotUpdate {
  std::int64_t base_revision = 0;  // 0 = everything
  std::int64_t revision = 0;
  // In order; empty when the relay holds this revision already.
  std::vector<weir::v1::SnapshotChunk> chunks;
};

// Thread-safe.
class SnapshotBuilder {
 public:
  // Both must outlive the builder.
  SnapshotBuilder(Store& store, const Vault& vault) : store_(store), vault_(vault) {}

  // The difference to `have_revision` when it counts in our lineage and its changes are still
  // known, else everything. All out of one moment of the database.
  absl::StatusOr<SnapshotUpdate> Build(std::int64_t have_revision, std::string_view lineage);

 private:
  Store& store_;
  const Vault& vault_;
};

inline constexpr int kChunkResourcesMax = 1000;
inline constexpr std::size_t kChunkBytesMax = 1 << 20;

}  // namespace weir::admin
