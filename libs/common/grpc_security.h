// Who may talk between the services: mTLS with a CA of one's own, which tells a relay from an
// admin, or a shared token on a loopback or private link, which does not. Both ends use this file,
// so they cannot disagree.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/grpc_certificates.h"
#include "libs/common/secret.h"

namespace grpc {
class Channel;
class ClientContext;
class ServerContextBase;
class ServerCredentials;
}  // namespace grpc

namespace weir {

class Metrics;
class Settings;

// A token, or the three files of mTLS, or both.
struct GrpcSecurity {
  Secret token;
  GrpcCertificateFiles files;
  // What the files hold now; shared by all channels and servers.
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> certificates;

  bool has_tls() const { return certificates != nullptr; }
};

// Reads internal_token_file, grpc_tls_cert_file, grpc_tls_key_file, grpc_tls_ca_file of `settings`.
// InvalidArgument when neither way is complete, or a file of mTLS is none. Renewed files are taken
// up by themselves.
absl::StatusOr<GrpcSecurity> LoadGrpcSecurity(const Settings& settings);

// With mTLS callers are told apart by their certificates (grpc_roles.h). `metrics` must outlive the
// server.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const GrpcSecurity& security,
                                                               Metrics& metrics);
// A channel with keep-alive that reconnects on its own, at most every two seconds.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target, const GrpcSecurity& security);

// Client: puts the token on a call. Server: OK, or Unauthenticated.
void AddToken(grpc::ClientContext& context, const GrpcSecurity& security);
absl::Status CheckToken(const grpc::ServerContextBase& context, const GrpcSecurity& security);

}  // namespace weir
