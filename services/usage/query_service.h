// The gRPC edge of UsageQuery, and of summaries.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/usage_query.h"
#include "services/usage/usage_reports.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class QueryService {
 public:
  // All must outlive it.
  QueryService(UsageQuery& query, UsageReports& reports, const GrpcSecurity& security);
  ~QueryService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
