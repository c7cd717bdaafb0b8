// What PostgreSQL and libpq complain of, as statuses whose messages hold no value and no password.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace pqxx {
class sql_error;
}

namespace weir::sql {

// As of Transaction::Execute.
absl::Status PostgresErrorStatus(const pqxx::sql_error& error);

// Unavailable: no connection could be made.
absl::Status PostgresConnectStatus(std::string_view message);

}  // namespace weir::sql
