// Marks requests of before schema 21 that took more than one attempt, a piece at a time.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::usage {

inline constexpr std::int64_t kRetriedAtOnce = 5'000;  // requests in one transaction

// One piece; false: there was nothing left. Several may do it at once.
absl::StatusOr<bool> MarkSomeRetried(sql::Database& database, std::int64_t at_once);

// All of them, on from where an earlier start has left off; the log tells how far it is. At once
// when it is done already.
absl::Status MarkRetried(sql::Database& database);

}  // namespace weir::usage
