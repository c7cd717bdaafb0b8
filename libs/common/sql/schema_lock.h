// The lock under which a component's schema is changed, and how a start waits for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::sql {

// In rounds of five tries, each of which the log tells of.
struct LockWait {
  int try_ms = 1'000;
  int rounds_max = 60;  // five minutes
};

// Migrate of database.h, where that is too long. Unavailable when somebody keeps a lock for longer.
absl::Status Migrate(Database& database, std::string_view component,
                     const std::vector<Migration>& migrations, const LockWait& wait);

// Each component has its own: those that share a database must not wait for each other's steps.
std::string SchemaLockName(std::string_view component);

// Runs `body` in one transaction that waits for each lock that it needs for LockWait's time at
// most; then it is over, which lets go of what it had, and it begins again. Each time the log says
// what it waits for. Unavailable, naming who has the lock, after the last time.
absl::Status TransactPatiently(Database& database, std::string_view component, const LockWait& wait,
                               const Database::Body& body);

}  // namespace weir::sql
