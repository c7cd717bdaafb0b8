// Admin's tables.
#pragma once

#include <vector>

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::admin {

// All steps, in order.
const std::vector<sql::Migration>& SchemaMigrations();

// Brings the database up to date. Safe when several processes start at once.
absl::Status MigrateSchema(sql::Database& database);

// Writes nothing: FailedPrecondition when the database is not up to date, or newer than we are.
absl::Status CheckSchema(sql::Database& database);

}  // namespace weir::admin
