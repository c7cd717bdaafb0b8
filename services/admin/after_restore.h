// `weir-admin after-restore`: what a database that comes from a backup needs before its first
// start.
#pragma once

#include "absl/status/status.h"

#include "services/admin/store/store.h"

namespace weir::admin {

// A new lineage, so that relays take everything instead of a difference to a revision that this
// database never had; and no log-in, since one that was ended after the backup would live again.
absl::Status AfterRestore(Store& store);

}  // namespace weir::admin
