#include "libs/common/grpc_certificates.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "libs/common/clock.h"
#include "libs/common/metrics.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kDaySeconds = 86'400;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

// A certificate that signs itself; more of one file stand behind each other.
void WriteCertificate(const std::string& path, EVP_PKEY* key, std::int64_t end_unix_s,
                      const char* mode = "w") {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), end_unix_s - 100 * kDaySeconds);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), end_unix_s);
  X509_set_pubkey(certificate.get(), key);
  ASSERT_NE(X509_sign(certificate.get(), key, nullptr), 0);
  const File file(std::fopen(path.c_str(), mode), std::fclose);
  ASSERT_EQ(PEM_write_X509(file.get(), certificate.get()), 1);
}

class GrpcCertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = "/tmp/weir-certificates-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    files_ = {.certificate = folder_ + "/tls.crt",
              .key = folder_ + "/tls.key",
              .authority = folder_ + "/ca.crt"};
    WriteCertificate(files_.certificate, key_.get(), now_s_ + 60 * kDaySeconds);
    WriteCertificate(files_.authority, key_.get(), now_s_ + 900 * kDaySeconds);
    WriteKey(*key_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void WriteKey(EVP_PKEY& key) const {
    const File file(std::fopen(files_.key.c_str(), "w"), std::fclose);
    ASSERT_EQ(PEM_write_PrivateKey(file.get(), &key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  }
  std::string Refusal() const { return std::string(CheckCertificates(files_).message()); }

  std::string folder_;
  GrpcCertificateFiles files_;
  const Key key_{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
  const std::int64_t now_s_ = SystemClock().NowUnixMs() / 1'000;
};

TEST_F(GrpcCertificatesTest, WhatBelongsTogetherIsTaken) {
  EXPECT_TRUE(CheckCertificates(files_).ok()) << Refusal();
}

TEST_F(GrpcCertificatesTest, TheFileThatIsWrongIsNamed) {
  const Key other{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
  WriteKey(*other);
  EXPECT_THAT(Refusal(), HasSubstr("tls.key' is not the key"));
  std::ofstream(files_.key) << "no key";
  EXPECT_THAT(Refusal(), HasSubstr("tls.key' holds no private key"));
  std::filesystem::remove(files_.key);
  EXPECT_THAT(Refusal(), HasSubstr("cannot read"));
  WriteKey(*key_);
  std::ofstream(files_.authority)
      << "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(Refusal(), HasSubstr("ca.crt' holds no certificate"));
  std::ofstream(files_.certificate) << "";
  EXPECT_THAT(Refusal(), HasSubstr("tls.crt' holds no certificate"));
}

TEST_F(GrpcCertificatesTest, OneThatHasEndedIsNoReasonNotToStart) {
  WriteCertificate(files_.certificate, key_.get(), now_s_ - kDaySeconds);
  EXPECT_TRUE(CheckCertificates(files_).ok()) << Refusal();
}

TEST_F(GrpcCertificatesTest, TheFirstEndOfAChainCounts) {
  WriteCertificate(files_.certificate, key_.get(), now_s_ + 3 * kDaySeconds, "a");
  WriteCertificate(files_.certificate, key_.get(), now_s_ + 90 * kDaySeconds, "a");
  const absl::StatusOr<std::int64_t> end = CertificatesEndUnixSeconds(files_.certificate);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, now_s_ + 3 * kDaySeconds);
}

TEST_F(GrpcCertificatesTest, TheMetricFollowsTheFiles) {
  const std::string own = R"(weir_grpc_certificate_expiry_timestamp_seconds{kind="own"} )";
  const std::string authority =
      R"(weir_grpc_certificate_expiry_timestamp_seconds{kind="authority"} )";
  Metrics metrics;
  AddCertificateMetrics(files_, metrics);
  EXPECT_THAT(metrics.Expose(), HasSubstr(own + std::to_string(now_s_ + 60 * kDaySeconds)));
  EXPECT_THAT(metrics.Expose(), HasSubstr(authority + std::to_string(now_s_ + 900 * kDaySeconds)));
  WriteCertificate(files_.certificate, key_.get(), now_s_ + 80 * kDaySeconds);
  EXPECT_THAT(metrics.Expose(), HasSubstr(own + std::to_string(now_s_ + 80 * kDaySeconds)));
  std::filesystem::remove(files_.certificate);
  EXPECT_THAT(metrics.Expose(), HasSubstr(own + "0\n"));
}

TEST_F(GrpcCertificatesTest, WithoutFilesThereIsNoMetric) {
  Metrics metrics;
  AddCertificateMetrics({}, metrics);
  EXPECT_EQ(metrics.Expose().find("certificate"), std::string::npos);
}

}  // namespace
}  // namespace weir
