#include "services/usage/grpc_edge.h"

#include <string>

#include <grpcpp/support/status.h>

#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir::usage {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (code != grpc::StatusCode::INTERNAL) return {code, std::string(status.message())};
  LogError("a call failed", {{"error", View(status.message())}});
  return {code, "internal error; see the log of usage"};
}

}  // namespace weir::usage
