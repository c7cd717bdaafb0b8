#include "libs/common/grpc_certificates.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <vector>

#include <grpc/grpc.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/text.h"

namespace weir {
namespace {

using grpc::experimental::CertificateProviderInterface;
using grpc::experimental::FileWatcherCertificateProvider;

constexpr unsigned int kReadEverySeconds = 5;
constexpr std::size_t kCertificatesMax = 1'000;  // of one file

struct Free {
  void operator()(BIO* file) const { BIO_free(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, Free>;

absl::StatusOr<std::unique_ptr<BIO, Free>> OpenFile(const std::string& path) {
  std::unique_ptr<BIO, Free> file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return absl::InvalidArgumentError(StrCat("cannot read '", path, "'"));
  return file;
}

absl::StatusOr<std::vector<Certificate>> ReadCertificates(const std::string& path) {
  absl::StatusOr<std::unique_ptr<BIO, Free>> file = OpenFile(path);
  if (!file.ok()) return file.status();
  std::vector<Certificate> certificates;
  while (certificates.size() < kCertificatesMax) {
    Certificate next(PEM_read_bio_X509(file->get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  if (certificates.empty()) {
    return absl::InvalidArgumentError(StrCat("'", path, "' holds no certificate (PEM)"));
  }
  return certificates;
}

absl::StatusOr<std::int64_t> EndUnixSeconds(const X509& certificate, const std::string& path) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1) {
    return absl::InvalidArgumentError(StrCat("'", path, "' holds a certificate without an end"));
  }
  return static_cast<std::int64_t>(::timegm(&end));
}

absl::Status CheckKey(const GrpcCertificateFiles& files) {
  const absl::StatusOr<std::vector<Certificate>> chain = ReadCertificates(files.certificate);
  if (!chain.ok()) return chain.status();
  const absl::StatusOr<std::unique_ptr<BIO, Free>> file = OpenFile(files.key);
  if (!file.ok()) return file.status();
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(file->get(), nullptr, nullptr, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(StrCat("'", files.key, "' holds no private key (PEM)"));
  }
  if (X509_check_private_key(chain->front().get(), key.get()) != 1) {
    return absl::InvalidArgumentError(
        StrCat("'", files.key, "' is not the key of the certificate in '", files.certificate, "'"));
  }
  return absl::OkStatus();
}

absl::Status CheckEnd(const std::string& path) {
  const absl::StatusOr<std::int64_t> end = CertificatesEndUnixSeconds(path);
  if (!end.ok()) return end.status();
  if (*end * 1'000 <= SystemClock().NowUnixMs()) {
    LogError("a certificate has ended: no service connects until the file is renewed",
             {{"path", path}, {"ended_unix_s", *end}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCertificates(const GrpcCertificateFiles& files) {
  if (absl::Status status = CheckKey(files); !status.ok()) return status;
  if (absl::Status status = CheckEnd(files.certificate); !status.ok()) return status;
  return CheckEnd(files.authority);
}

absl::StatusOr<std::int64_t> CertificatesEndUnixSeconds(const std::string& path) {
  const absl::StatusOr<std::vector<Certificate>> certificates = ReadCertificates(path);
  if (!certificates.ok()) return certificates.status();
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const Certificate& certificate : *certificates) {
    const absl::StatusOr<std::int64_t> end = EndUnixSeconds(*certificate, path);
    if (!end.ok()) return end.status();
    first = std::min(first, *end);
  }
  return first;
}

std::shared_ptr<CertificateProviderInterface> FollowCertificates(
    const GrpcCertificateFiles& files) {
  grpc_init();  // its thread needs the library, and this version does not ask for it
  return {new FileWatcherCertificateProvider(files.key, files.certificate, files.authority,
                                             kReadEverySeconds),
          [](CertificateProviderInterface* provider) {
            delete provider;
            grpc_shutdown();
          }};
}

void AddCertificateMetrics(const GrpcCertificateFiles& files, Metrics& metrics) {
  if (files.certificate.empty()) return;
  const std::pair<const char*, std::string> kinds[] = {{"own", files.certificate},
                                                       {"authority", files.authority}};
  for (const auto& [kind, path] : kinds) {
    metrics.AddSampled(Metrics::SampledKind::kGauge,
                       "weir_grpc_certificate_expiry_timestamp_seconds",
                       "When the certificate between services, or its authority's, ends; 0 = its "
                       "file cannot be read.",
                       {{"kind", kind}}, [path = path] {
                         const absl::StatusOr<std::int64_t> end = CertificatesEndUnixSeconds(path);
                         return end.ok() ? static_cast<double>(*end) : 0.0;
                       });
  }
}

}  // namespace weir
