// The gRPC edge of SpendLedger and LeaseLedger.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/lease_ledger.h"
#include "services/usage/spend_ledger.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class SpendService {
 public:
  // All must outlive it.
  SpendService(SpendLedger& ledger, LeaseLedger& leases, const GrpcSecurity& security);
  ~SpendService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
