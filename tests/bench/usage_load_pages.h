// Walks the log page by page through weir-usage, as the console does, and takes the time of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"

namespace weir::bench {

struct PageTimes {
  std::string name;
  std::int64_t pages = 0;
  std::int64_t rows = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

// By each filter so many pages at most, the first with its total. Fails with the first page that
// does.
absl::StatusOr<std::vector<PageTimes>> WalkLog(const std::string& target,
                                               const GrpcSecurity& security, int pages_max);

}  // namespace weir::bench
