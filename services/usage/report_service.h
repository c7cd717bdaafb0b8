// The gRPC edge of reports: series, statistics, exports.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "libs/common/sql/database.h"
#include "services/usage/usage_query.h"
#include "services/usage/usage_reports.h"
#include "services/usage/usage_stats.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class ReportService {
 public:
  struct Parts {
    UsageReports& reports;
    UsageStats& stats;
    UsageQuery& query;
    sql::Database& database;
  };
  // All must outlive it.
  ReportService(const Parts& parts, const GrpcSecurity& security);
  ~ReportService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
