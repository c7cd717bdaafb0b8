// What the console's list of what wants somebody has beside accounts, relays and the ledger.
#pragma once

#include "absl/status/statusor.h"

#include "services/admin/store/store.h"
#include "services/admin/usage_client.h"

namespace weir::admin {

// No model lacks a price, no request came again with another content. Unavailable while usage is
// away.
absl::StatusOr<bool> NothingLeftToDo(Store& store, UsageClient& usage);

}  // namespace weir::admin
