// A copy of a database in use.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace weir::sql {

// Writes what the SQLite database `url` names holds at this moment into the new file `target`,
// while others read and write it. InvalidArgument for a PostgreSQL URL (pg_dump copies that),
// AlreadyExists when the file is there, NotFound when there is no database to copy.
absl::Status BackUpDatabase(std::string_view url, const std::string& target);

}  // namespace weir::sql
