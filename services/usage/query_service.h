// The gRPC edge of UsageQuery.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/usage_query.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class QueryService {
 public:
  // Both must outlive it.
  QueryService(UsageQuery& query, const GrpcSecurity& security);
  ~QueryService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
