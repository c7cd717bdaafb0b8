// Which of the services may call what: the one table of all methods between them. It holds where
// certificates tell who calls (mTLS); a shared token says only that the caller is one of us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace weir {

// Bits, since several may call one method.
enum GrpcRole : unsigned { kNoRole = 0, kRelayRole = 1, kAdminRole = 2, kUsageRole = 4 };

struct GrpcMethod {
  std::string_view path;  // as it stands in a request: "/package.Service/Method"
  unsigned callers;       // roles
};

const std::vector<GrpcMethod>& GrpcMethods();

// The roles of a certificate: one for each DNS name whose first label is a role's name ("relay",
// "relay.weir.svc").
unsigned RolesOf(const std::vector<std::string>& dns_names);

// OK when the holder of a certificate with these names may call `path`. PermissionDenied names
// both; Unimplemented for what no version up to this one has.
absl::Status CheckCaller(std::string_view path, const std::vector<std::string>& dns_names);

}  // namespace weir
