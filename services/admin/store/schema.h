// Admin's tables.
#pragma once

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::admin {

// Brings the database up to date. Safe when several processes start at once.
absl::Status MigrateSchema(sql::Database& database);

// Writes nothing: FailedPrecondition when the database is not up to date, or newer than we are.
absl::Status CheckSchema(sql::Database& database);

}  // namespace weir::admin
