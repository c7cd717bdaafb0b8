// How a database does, for people who look after it.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::sql {

struct DatabaseFigures {
  SqlDialect dialect = SqlDialect::kSqlite;
  std::int64_t latency_us = 0;  // of the smallest question there is
  std::int64_t bytes = 0;       // on its disk, with what is free within
};

// Asks the database twice, for as long as it takes. Errors of Database::Read.
absl::StatusOr<DatabaseFigures> MeasureDatabase(Database& database);

}  // namespace weir::sql
