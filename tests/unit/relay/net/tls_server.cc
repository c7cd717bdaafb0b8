#include "tests/unit/relay/net/tls_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace weir::relay::testing {
namespace {

constexpr long kDaySeconds = 86'400;

void Require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "cannot %s\n", what);
  std::abort();
}

EVP_PKEY* NewKey() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  Require(key != nullptr, "make a key");
  return key;
}

void AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, id, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1,
          "add an extension");
  X509_EXTENSION_free(extension);
}

// Still to be signed. `issuer` null: its own.
X509* NewCertificate(const std::string& name, EVP_PKEY* key, X509* issuer) {
  static std::atomic<long> serial = 1;
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kDaySeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate : issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  AddExtension(certificate, signer, NID_basic_constraints,
               issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  return certificate;
}

void Sign(X509* certificate, EVP_PKEY* key) {
  Require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign a certificate");
}

}  // namespace

CertificateAuthority::CertificateAuthority()
    : key_(NewKey()), certificate_(NewCertificate("weir test authority", key_, nullptr)) {
  Sign(certificate_, key_);
  static std::atomic<int> number = 0;
  file_ = std::filesystem::temp_directory_path() /
          ("weir_test_ca_" + std::to_string(::getpid()) + "_" + std::to_string(number++) + ".pem");
  std::FILE* out = std::fopen(file_.c_str(), "w");
  Require(out != nullptr && PEM_write_X509(out, certificate_) == 1, "write a certificate");
  std::fclose(out);
}

CertificateAuthority::~CertificateAuthority() {
  std::filesystem::remove(file_);
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

SSL_CTX* CertificateAuthority::NewServer(const std::string& names) const {
  EVP_PKEY* key = NewKey();
  X509* certificate = NewCertificate("weir test server", key, certificate_);
  AddExtension(certificate, certificate_, NID_subject_alt_name, names);
  Sign(certificate, key_);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  Require(context != nullptr && SSL_CTX_use_certificate(context, certificate) == 1 &&
              SSL_CTX_use_PrivateKey(context, key) == 1,
          "make a server");
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

TlsServer::TlsServer(const CertificateAuthority& authority, const std::string& names)
    : context_(authority.NewServer(names)),
      listening_(ListenOn("127.0.0.1")),
      thread_([this] { Serve(); }) {}

TlsServer::~TlsServer() {
  ::shutdown(listening_.socket.fd(), SHUT_RDWR);
  thread_.join();
  SSL_CTX_free(context_);
}

void TlsServer::Serve() {
  for (;;) {
    const Socket client(::accept(listening_.socket.fd(), nullptr, nullptr));
    if (client.fd() < 0) return;
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, client.fd());
    if (SSL_accept(ssl) == 1) {
      char buffer[4096];
      for (int bytes = SSL_read(ssl, buffer, sizeof(buffer)); bytes > 0;
           bytes = SSL_read(ssl, buffer, sizeof(buffer))) {
        if (SSL_write(ssl, buffer, bytes) <= 0) break;
      }
    }
    SSL_free(ssl);
  }
}

}  // namespace weir::relay::testing
