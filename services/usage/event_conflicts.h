// Events that came again with another content: what is in the ledger stays, the other is kept
// apart.
#pragma once

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// Of events whose ids the ledger has: those whose columns differ from the ones stored, now rows of
// usage_conflicts. One that is there already is not told again, so that a repeated batch changes
// nothing. What a relay's next start found out about a request it died with is no conflict: its
// real end came first. Errors of Transaction::Execute.
absl::StatusOr<std::set<const UsageEvent*>> KeepConflicts(
    sql::Transaction& transaction, const std::vector<const UsageEvent*>& repeated);

// Those whose events are no longer kept, by the least id that is.
absl::Status DeleteConflictsBefore(sql::Transaction& transaction, const sql::Blob& least_id);

}  // namespace weir::usage
