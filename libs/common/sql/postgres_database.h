// Database over PostgreSQL; use OpenDatabase(). libpqxx stays inside the .cc file.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::sql {

// Connects once, so that a wrong URL is told at start: Unavailable. Later a lost connection fails
// the transaction that it carried with Unavailable, and the next one connects again.
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(std::string_view url, int connections_max);

}  // namespace weir::sql
