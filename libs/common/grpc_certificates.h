// The files of mTLS between the services. Somebody renews them while the process runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grpc::experimental {
class CertificateProviderInterface;
}  // namespace grpc::experimental

namespace weir {

class Metrics;

// Paths of PEM files; all are given or none.
struct GrpcCertificateFiles {
  std::string certificate;
  std::string key;
  std::string authority;
};

// InvalidArgument names the file that is no certificate, or whose key belongs to another one. A
// certificate whose time is over is said in the log: it may be renewed at any moment.
absl::Status CheckCertificates(const GrpcCertificateFiles& files);

// When the first of the file's certificates ends, Unix time.
absl::StatusOr<std::int64_t> CertificatesEndUnixSeconds(const std::string& path);

// Reads the files every few seconds; handshakes from then on use what they hold. One for all ends
// of a process: it has a thread.
std::shared_ptr<grpc::experimental::CertificateProviderInterface> FollowCertificates(
    const GrpcCertificateFiles& files);

// When they end, read from the files whenever Prometheus asks; nothing without files.
void AddCertificateMetrics(const GrpcCertificateFiles& files, Metrics& metrics);

}  // namespace weir
