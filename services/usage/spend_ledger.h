// What has been spent, out of committed events alone.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/budget.h"

namespace weir::usage {

struct Spend {
  std::int64_t day_nano_usd = 0;
  std::int64_t month_nano_usd = 0;
  std::int64_t total_nano_usd = 0;
  std::int64_t day_requests = 0;  // those that used tokens
  std::int64_t month_requests = 0;
  std::int64_t total_requests = 0;
};

// Thread-safe.
class SpendLedger {
 public:
  // Both must outlive it.
  SpendLedger(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // For the day and month that hold `at_unix_ms`; 0 = now. InvalidArgument, and the errors of
  // Database::Read.
  absl::StatusOr<Spend> GetSpend(const Subject& subject, std::int64_t at_unix_ms);

 private:
  sql::Database& database_;
  const Clock& clock_;
};

// Committed in the budget's window, in its unit.
absl::StatusOr<std::int64_t> ReadSpent(sql::Transaction& transaction, const Budget& budget);

}  // namespace weir::usage
