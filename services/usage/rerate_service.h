// The gRPC edge of RerateLedger; the orders of its runs are StartRerateRequests.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"
#include "services/usage/rerate_ledger.h"

namespace grpc {
class Service;
}

namespace weir::usage {

// The order of a run; InvalidArgument when it is none.
absl::StatusOr<RerateOrder> OrderFromBytes(const std::string& start_request);

class RerateService {
 public:
  // All must outlive it. `started` is called when there is a new run.
  RerateService(RerateLedger& ledger, std::function<void()> started, const GrpcSecurity& security);
  ~RerateService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
