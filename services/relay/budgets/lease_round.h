// A round of leases between this relay and usage: weir.v1.ExchangeLeasesRequest and its answer
// without the generated code; the fields are told there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "services/relay/budgets/budget_key.h"

namespace weir::relay {

enum class BudgetVerdict : std::uint8_t {
  kReserved,
  kExceeded,  // `which` is spent: waiting is of no use
  kBusy,      // what is left is reserved by other requests
  kAway,      // usage does not answer, and the leases that are here do not suffice
};

struct LeaseState {
  BudgetKey budget = {};
  std::int64_t granted = 0;
  std::int64_t cap = 0;
  std::int64_t least = 0;
  std::int64_t need = 0;
  std::int64_t want = 0;
  bool done = false;
};

struct LeaseRound {
  std::string session = {};
  std::int64_t number = 0;
  std::int64_t alive_ms = 0;
  bool begins = false;
  bool earlier_sessions_settled = false;
  std::vector<LeaseState> leases = {};
};

struct LeaseGrant {
  std::int64_t granted = 0;
  std::int64_t spent = 0;
  std::int64_t left = 0;
  bool closed = false;
};

struct LeaseAnswer {
  bool session_known = true;
  std::vector<LeaseGrant> grants = {};
};

// How a budget stands at usage, in its unit: spent by all relays, held by their leases.
struct BudgetStanding {
  std::int64_t spent = 0;
  std::int64_t held = 0;
};

// Asks usage how budgets stand, at most 1,000, in their order; waits, with a deadline of its own.
using PeekBudgets =
    std::function<absl::StatusOr<std::vector<BudgetStanding>>(const std::vector<BudgetKey>&)>;

// Asks usage and waits for its answer; on the desk's thread. Has a deadline of its own.
using ExchangeLeases = std::function<absl::StatusOr<LeaseAnswer>(const LeaseRound&)>;

}  // namespace weir::relay
