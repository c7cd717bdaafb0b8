// The gRPC side of a lease round.
#pragma once

#include <memory>
#include <string>

#include "libs/common/grpc_security.h"
#include "services/relay/budgets/lease_round.h"

namespace weir::relay {

struct LeaseClientOptions {
  std::string usage_target;  // host:port
  GrpcSecurity security;
  std::string holder;  // see lease_holder.h
  std::int64_t timeout_ms = 2'000;
};

// Rounds with the usage service over a channel of its own. Errors: what gRPC says.
ExchangeLeases MakeLeaseClient(LeaseClientOptions options);
PeekBudgets MakeBudgetPeeker(LeaseClientOptions options);

}  // namespace weir::relay
