// Makes the sums that are made of quarter-hours anew: those of days, of parts and of keys and
// users. For a ledger to which a program wrote that did not know them all; events, quarter-hours
// and spend are in every version's hands and stay as they are.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::usage {

// Day by day, each in a transaction of its own, so that events go on being stored in between; a
// second run, or one that was cut off, does no harm. How many UTC days there were. Errors of
// Database::Transact; days before the one that failed are done.
absl::StatusOr<std::int64_t> RebuildSums(sql::Database& database);

}  // namespace weir::usage
