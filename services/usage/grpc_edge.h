// What the gRPC edges share. For .cc files of edges only: it brings gRPC's headers.
#pragma once

#include "absl/status/status.h"
#include <grpcpp/support/status.h>

namespace weir::usage {

// Codes are the same numbers on both sides. Messages of Internal stay inside (they are in the log).
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace weir::usage
