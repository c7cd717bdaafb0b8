// The tables of the ledger; README.md explains them.
#pragma once

#include <vector>

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::usage {

// All steps, in order.
const std::vector<sql::Migration>& LedgerMigrations();

// Brings the database up to date; errors as of sql::Migrate.
absl::Status MigrateLedger(sql::Database& database);

}  // namespace weir::usage
