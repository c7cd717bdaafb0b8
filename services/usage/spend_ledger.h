// What has been spent, and leases on what is left.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/rollups.h"

namespace weir::usage {

struct Subject {
  SubjectKind kind = SubjectKind::kKey;
  std::int64_t id = 0;
};

// The numbers of weir.v1.Period. UTC.
enum class Period : std::int64_t { kDay = 1, kMonth = 2, kTotal = 3 };

struct Spend {
  std::int64_t day_nano_usd = 0;
  std::int64_t month_nano_usd = 0;
  std::int64_t total_nano_usd = 0;
  std::int64_t day_requests = 0;
};

struct LeaseWish {
  std::string relay_id = {};
  Subject subject = {};
  Period period = Period::kDay;
  std::int64_t cap_nano_usd = 0;
  std::int64_t amount_nano_usd = 0;  // more than 0
  std::int64_t duration_ms = 0;      // 1000 to 600000
};

struct Lease {
  std::string id;  // empty when nothing was granted
  std::int64_t granted_nano_usd = 0;
  std::int64_t expires_at_unix_ms = 0;
  std::int64_t spent_nano_usd = 0;  // committed in the period
};

// Thread-safe, also against other processes. Errors: InvalidArgument, and those of
// Database::Transact.
class SpendLedger {
 public:
  // Both must outlive it.
  SpendLedger(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // For the day and month that hold `at_unix_ms`; 0 = now.
  absl::StatusOr<Spend> GetSpend(const Subject& subject, std::int64_t at_unix_ms);

  // Grants at most cap - spent in the period - leases that are out, in one transaction that others
  // for the same subject wait for. A lease that is out counts whole until it is returned or
  // expires, also when a part of it is already spent and committed: the sum errs on the safe side.
  absl::StatusOr<Lease> Acquire(const LeaseWish& wish);

  // Also OK when there is no such lease (any more).
  absl::Status Return(const std::string& relay_id, const std::string& lease_id);

  // Leases that nobody asked about again; once at start is enough.
  absl::Status DropExpired();

 private:
  sql::Database& database_;
  const Clock& clock_;
};

// The first moment of the UTC month that holds `unix_ms`, and of the one after it.
struct MonthBounds {
  std::int64_t begin_unix_ms = 0;
  std::int64_t end_unix_ms = 0;
};
MonthBounds MonthOf(std::int64_t unix_ms);

}  // namespace weir::usage
