#include "services/relay/snapshot/snapshot_builder.h"

#include <utility>

#include "libs/common/text.h"
#include "services/relay/snapshot/follow_status.h"
#include "services/relay/snapshot/snapshot_edit.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

absl::Status CheckFrame(const std::vector<v1::SnapshotChunk>& chunks) {
  if (chunks.empty()) return absl::InvalidArgumentError("a revision without chunks");
  const v1::SnapshotChunk& first = chunks.front();
  if (first.revision() == 0) return absl::InvalidArgumentError("revision 0 is none");
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const v1::SnapshotChunk& chunk = chunks[i];
    if (chunk.revision() != first.revision() || chunk.base_revision() != first.base_revision() ||
        chunk.lineage() != first.lineage()) {
      return absl::InvalidArgumentError("the chunks belong to different revisions");
    }
    if (chunk.last() != (i + 1 == chunks.size())) {
      return absl::InvalidArgumentError("the chunks do not end with the one marked last");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBase(const Snapshot* base, const v1::SnapshotChunk& chunk) {
  if (base == nullptr) {
    return absl::FailedPreconditionError(
        StrCat("builds on revision ", chunk.base_revision(), ", this relay holds none"));
  }
  if (base->revision() != chunk.base_revision() || base->lineage() != chunk.lineage()) {
    return absl::FailedPreconditionError(StrCat("builds on revision ", chunk.base_revision(),
                                                " of ", chunk.lineage(), ", this relay holds ",
                                                base->revision(), " of ", base->lineage()));
  }
  return absl::OkStatus();
}

void CarryHealth(const Snapshot* base, const SnapshotTables& tables, const SnapshotEdit& edit,
                 AccountHealthRegistry& health) {
  for (const auto& [id, account] : edit.accounts()) {
    FollowStatus(*account, base == nullptr ? nullptr : base->FindAccount(id));
  }
  if (base == nullptr || base->tables().accounts == tables.accounts) return;
  base->tables().accounts->ForEach([&](const std::shared_ptr<const Account>& account) {
    if (tables.accounts->Find(account->id) == nullptr) health.Forget(account->id);
  });
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> ApplyChunks(
    const Snapshot* base, const std::vector<v1::SnapshotChunk>& chunks,
    AccountHealthRegistry& health) {
  if (const absl::Status status = CheckFrame(chunks); !status.ok()) return status;
  const v1::SnapshotChunk& first = chunks.front();
  const bool full = first.base_revision() == 0;
  if (!full) {
    if (const absl::Status status = CheckBase(base, first); !status.ok()) return status;
  }

  SnapshotEdit edit(full ? nullptr : &base->tables(), health);
  for (const v1::SnapshotChunk& chunk : chunks) {
    for (const v1::ResourceRef& ref : chunk.removals()) {
      if (const absl::Status status = edit.Remove(ref); !status.ok()) return status;
    }
    for (const v1::Resource& resource : chunk.upserts()) {
      if (const absl::Status status = edit.Add(resource); !status.ok()) return status;
    }
  }
  absl::StatusOr<SnapshotTables> tables = edit.Finish();
  if (!tables.ok()) return tables.status();
  tables->revision = first.revision();
  tables->lineage = first.lineage();
  CarryHealth(base, *tables, edit, health);
  return std::make_shared<const Snapshot>(
      std::make_shared<const SnapshotTables>(*std::move(tables)));
}

}  // namespace weir::relay
