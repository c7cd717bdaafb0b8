// Asks weir-usage for each kind of report over thirty days, as admin does, and takes the time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"

namespace weir::bench {

struct ReportTime {
  std::string name;
  double median_ms = 0;
  std::int64_t rows = 0;  // of the answer
};

struct ReportTimes {
  std::vector<ReportTime> reports;
  std::int64_t requests = 0;  // what the summary over all counted
};

// Each report several times, until the whole answer is there; of an export, its first piece. Fails
// with the first report that does.
absl::StatusOr<ReportTimes> AskReports(const std::string& target, const GrpcSecurity& security);

}  // namespace weir::bench
