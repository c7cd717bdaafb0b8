// The append-only table of usage events, with its roll-ups.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/rollups.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// What became of an event.
enum class Stored {
  kNew,
  kDuplicate,  // it was there already
  kConflict,   // the same, but with another content: that is kept apart (usage_conflicts)
  kTooOld,     // of a time that is no longer kept, so that nobody knows whether it was there
  kRefused,    // the database will never take it; said by BatchWriter
};

// Adds to a table of sums, in the transaction of what they sum up.
absl::Status AddRollups(sql::Transaction& transaction, const RollupRows& rollups);

// Thread-safe, also against ledgers of other processes on the same database.
class UsageLedger {
 public:
  // The schema must be there (MigrateLedger). `database` must outlive the ledger.
  explicit UsageLedger(sql::Database& database) : database_(database) {}

  // Stores the events in one transaction: each whose id is new with its attempts, its share in the
  // roll-ups and what it takes out of leases, the others not at all. Tells for each event, in
  // order, what became of it; of several with one id among `events` the first may be new. The
  // events must have passed CheckEvent and TrimEvent. Errors of Database::Transact; nothing is
  // stored then (or, on Unavailable, perhaps all: the same call again finds out). Unavailable too
  // when a newer program has changed the schema: then nothing is stored by this one any more.
  absl::StatusOr<std::vector<Stored>> Insert(const std::vector<const UsageEvent*>& events);

 private:
  sql::Database& database_;
};

}  // namespace weir::usage
