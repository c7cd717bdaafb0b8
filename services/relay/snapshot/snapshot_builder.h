// From what admin pushed to what the relay serves by.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::v1 {
class SnapshotChunk;
}

namespace weir::relay {

// The snapshot that results from the chunks of one revision, the last one marked `last`; whole or
// not at all. `base` is what they build on, nullptr when there is none; a full revision
// (base_revision 0) ignores all of it but the health of its accounts.
//
// FailedPrecondition: the revision builds on another one than `base`; ask for everything.
// InvalidArgument: names the resource that is wrong and how, without secrets.
// On success the health of changed accounts follows what was pushed: normal forgets what this relay
// had learned, a pushed cooldown is taken over.
absl::StatusOr<std::shared_ptr<const Snapshot>> ApplyChunks(
    const Snapshot* base, const std::vector<v1::SnapshotChunk>& chunks,
    AccountHealthRegistry& health);

}  // namespace weir::relay
