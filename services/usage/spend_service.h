// The gRPC edge of SpendLedger.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/spend_ledger.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class SpendService {
 public:
  // Both must outlive it.
  SpendService(SpendLedger& ledger, const GrpcSecurity& security);
  ~SpendService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
