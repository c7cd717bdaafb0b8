// Events that came again with another content: what is in the ledger stays, the other is kept
// apart.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
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

struct ConflictQuestion {
  std::int64_t from_unix_ms = 0;  // of when the other content came
  std::int64_t to_unix_ms = 0;    // exclusive; 0 = no end
  std::string id = {};            // 16 bytes; empty = of all requests
  std::int64_t limit = 0;         // 0 = the count alone
};

struct Conflict {
  std::int64_t received_at_unix_ms = 0;
  UsageEvent repeated = {};               // without attempts, as is the other
  std::optional<UsageEvent> stored = {};  // without: deleted since
};

struct ConflictAnswer {
  std::vector<Conflict> conflicts;  // the newest first
  std::int64_t total = 0;           // in the range, also those that `limit` leaves out
};

// Errors of Database::Read.
absl::StatusOr<ConflictAnswer> ReadConflicts(sql::Database& database,
                                             const ConflictQuestion& question);

}  // namespace weir::usage
