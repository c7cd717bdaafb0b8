// Database over SQLite; use OpenDatabase().
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::sql {

// WAL, synchronous=FULL (a commit survives kill -9 and power loss), foreign keys on. Creates the
// file when it is missing, not its folder. Unavailable when it cannot be opened.
absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(std::string_view path, int connections_max);

}  // namespace weir::sql
