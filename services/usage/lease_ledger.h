// Leases: the parts of budgets that relays hold, so that any number of them share a budget without
// asking for every request. For each budget, at any moment:
//
//   committed spend + the sum over all leases of (granted - used) <= cap
//
// `used` is what committed events took out of the lease (lease_charges). The sum cannot change when
// an event commits, and a lease is never thought unspent while its events may still be under way:
// it ends when its relay says so, or its relay's successor, or when a relay was silent for longer
// than the hold.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/budget.h"
#include "services/usage/lease_charges.h"

namespace weir::usage {

// weir.v1.LeaseState and LeaseGrant, where the fields are told.
struct LeaseState {
  Budget budget = {};
  std::int64_t granted = 0;
  std::int64_t cap = 0;
  std::int64_t least = 0;
  std::int64_t need = 0;
  std::int64_t want = 0;
  bool done = false;
};

struct LeaseGrant {
  std::int64_t granted = 0;
  std::int64_t spent = 0;
  std::int64_t left = 0;
  bool closed = false;
};

struct LeaseRound {
  std::string holder = {};
  std::string session = {};
  std::int64_t number = 0;
  std::int64_t alive_ms = 0;
  bool begins = false;
  bool earlier_sessions_settled = false;
  std::vector<LeaseState> leases = {};
};

struct LeaseAnswer {
  bool session_known = true;
  std::vector<LeaseGrant> grants;
};

// How a budget stands, in its unit.
struct BudgetStanding {
  std::int64_t spent = 0;
  std::int64_t held = 0;  // by all leases

  bool operator==(const BudgetStanding&) const = default;
};

// Thread-safe, also against other processes on the same database.
class LeaseLedger {
 public:
  // `hold_ms`: how long a silent session's leases stay held beyond its alive_ms. Both references
  // must outlive it.
  LeaseLedger(sql::Database& database, const Clock& clock, std::int64_t hold_ms)
      : database_(database), clock_(clock), hold_ms_(hold_ms) {}

  // One round, in one transaction. InvalidArgument, FailedPrecondition when a later round of the
  // session was taken already, and the errors of Database::Transact.
  absl::StatusOr<LeaseAnswer> Exchange(const LeaseRound& round);

  // In the order of `budgets`, of one moment. InvalidArgument, and the errors of Database::Read.
  absl::StatusOr<std::vector<BudgetStanding>> Peek(const std::vector<Budget>& budgets);

 private:
  // Frees what sessions hold whose hold ran out; at most once a minute.
  absl::Status ForgetSilentSessions(std::int64_t now_unix_ms);

  sql::Database& database_;
  const Clock& clock_;
  const std::int64_t hold_ms_;
  std::atomic<std::int64_t> next_forget_unix_ms_{0};
};

// How much of what is left goes out: nothing below `least`, `need` as far as it is there, and
// beyond that no more than a quarter of the rest, so that leases shrink towards the budget's end
// and others find some too.
std::int64_t GrantOf(std::int64_t left, const LeaseState& lease);

// Takes what events have spent out of the leases that paid for them. Leases that are gone are
// passed over. In the transaction that commits the events.
absl::Status ChargeLeases(sql::Transaction& transaction, const LeaseCharges& charges);

}  // namespace weir::usage
