// The gRPC edge of BodyStore.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/body_store.h"
#include "services/usage/usage_metrics.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class BodyService {
 public:
  // All must outlive it.
  BodyService(BodyStore& store, const GrpcSecurity& security, UsageMetrics& metrics);
  ~BodyService();

  // To register with a server; lives as long as this.
  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
