// Refuses calls of services that may not make them, before any handler hears of the call.
#pragma once

#include <memory>

namespace grpc {
class AuthMetadataProcessor;
}  // namespace grpc

namespace weir {

class Metrics;

// For the credentials of an mTLS server: looks at the DNS names of the caller's certificate, by
// grpc_roles.h. What it refuses is counted, and now and then said in the log. `metrics` must
// outlive the server.
std::shared_ptr<grpc::AuthMetadataProcessor> MakeGrpcGuard(Metrics& metrics);

}  // namespace weir
