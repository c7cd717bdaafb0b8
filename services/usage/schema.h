// The tables of the ledger; README.md explains them.
#pragma once

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::usage {

// Brings the database up to date; errors as of sql::Migrate.
absl::Status MigrateLedger(sql::Database& database);

}  // namespace weir::usage
