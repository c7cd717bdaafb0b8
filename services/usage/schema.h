// The tables of the ledger; README.md explains them.
#pragma once

#include <vector>

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::usage {

// All steps, in order.
const std::vector<sql::Migration>& LedgerMigrations();

// Brings the database up to date, its rows of before too; errors as of sql::Migrate.
absl::Status MigrateLedger(sql::Database& database);

// For whoever writes requests, corrections or sums: sql::HoldSchema of the ledger. An older program
// does not know the sums that a newer one has brought, and would leave them short.
absl::Status HoldLedgerSchema(sql::Transaction& transaction);

// Unavailable when a newer program has brought the database up to date; for /ready.
absl::Status CheckLedgerSchema(sql::Database& database);

}  // namespace weir::usage
