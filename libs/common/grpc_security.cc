#include "libs/common/grpc_security.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/channel_arguments.h>

#include "libs/common/grpc_guard.h"
#include "libs/common/settings.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr int kKeepAliveMs = 20'000;
constexpr int kReconnectMaxMs = 2'000;
constexpr int kMessageBytesMax = 16 << 20;

}  // namespace

absl::StatusOr<GrpcSecurity> LoadGrpcSecurity(const Settings& settings) {
  GrpcSecurity security;
  if (const std::string& path = settings.Text("internal_token_file"); !path.empty()) {
    absl::StatusOr<Secret> token = ReadSecretFile(path);
    if (!token.ok()) return token.status();
    security.token = *std::move(token);
  }
  GrpcCertificateFiles& files = security.files;
  files.certificate = settings.Text("grpc_tls_cert_file");
  files.key = settings.Text("grpc_tls_key_file");
  files.authority = settings.Text("grpc_tls_ca_file");
  const int given = static_cast<int>(!files.certificate.empty()) +
                    static_cast<int>(!files.key.empty()) +
                    static_cast<int>(!files.authority.empty());
  if (given != 0 && given != 3) {
    return absl::InvalidArgumentError(
        "mTLS between services needs all three: grpc_tls_cert_file, grpc_tls_key_file, "
        "grpc_tls_ca_file");
  }
  if (given == 3) {
    if (absl::Status status = CheckCertificates(files); !status.ok()) return status;
    security.certificates = FollowCertificates(files);
  }
  if (security.token.empty() && !security.has_tls()) {
    return absl::InvalidArgumentError(
        "services must know each other: set internal_token_file, or the three grpc_tls_*_file");
  }
  return security;
}

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const GrpcSecurity& security,
                                                               Metrics& metrics) {
  if (!security.has_tls()) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(security.certificates);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  auto credentials = grpc::experimental::TlsServerCredentials(options);
  credentials->SetAuthMetadataProcessor(MakeGrpcGuard(metrics));
  return credentials;
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const GrpcSecurity& security) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepAliveMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  // A proxy from the environment is for upstreams, never for the services among themselves.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!security.has_tls()) {
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  }
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(security.certificates);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return grpc::CreateCustomChannel(target, grpc::experimental::TlsCredentials(options), arguments);
}

void AddToken(grpc::ClientContext& context, const GrpcSecurity& security) {
  if (security.token.empty()) return;
  context.AddMetadata("authorization", StrCat(kBearer, security.token.Reveal()));
}

absl::Status CheckToken(const grpc::ServerContextBase& context, const GrpcSecurity& security) {
  if (security.token.empty()) return absl::OkStatus();  // mTLS alone
  const auto found = context.client_metadata().find("authorization");
  if (found == context.client_metadata().end()) {
    return absl::UnauthenticatedError("the internal token is missing");
  }
  const std::string_view value(found->second.data(), found->second.size());
  if (!value.starts_with(kBearer) ||
      !SameSecret(value.substr(kBearer.size()), security.token.Reveal())) {
    return absl::UnauthenticatedError("the internal token is wrong");
  }
  return absl::OkStatus();
}

}  // namespace weir
