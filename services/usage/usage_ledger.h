// The append-only table of usage events, with its roll-ups.
#pragma once

#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// Thread-safe, also against ledgers of other processes on the same database.
class UsageLedger {
 public:
  // The schema must be there (MigrateLedger). `database` must outlive the ledger.
  explicit UsageLedger(sql::Database& database) : database_(database) {}

  // Stores the events in one transaction: each whose id is new with its attempts and its share in
  // the roll-ups, the others not at all. Tells for each event, in order, whether it was new; of
  // several with one id among `events` the first may be. The events must have passed CheckEvent and
  // TrimEvent. Errors of Database::Transact; nothing is stored then (or, on Unavailable, perhaps
  // all: the same call again finds out).
  absl::StatusOr<std::vector<bool>> Insert(const std::vector<const UsageEvent*>& events);

 private:
  sql::Database& database_;
};

}  // namespace weir::usage
