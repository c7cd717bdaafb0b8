// A TLS server with certificates made on the spot, to test who is trusted.
#pragma once

#include <filesystem>
#include <string>
#include <thread>

#include "tests/unit/relay/support/sockets.h"

using EVP_PKEY = struct evp_pkey_st;
using SSL_CTX = struct ssl_ctx_st;
using X509 = struct x509_st;

namespace weir::relay::testing {

class CertificateAuthority {
 public:
  CertificateAuthority();
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  // Its own certificate in a file that lives as long as this.
  std::string file() const { return file_.string(); }
  // A server's context with a fresh certificate for names as in "DNS:a.test,IP:127.0.0.1".
  SSL_CTX* NewServer(const std::string& names) const;

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::filesystem::path file_;
};

// Sends back what it gets, one connection after the other, until it is destroyed.
class TlsServer {
 public:
  TlsServer(const CertificateAuthority& authority, const std::string& names);
  ~TlsServer();

  int port() const { return listening_.port; }

 private:
  void Serve();

  SSL_CTX* context_;
  Listening listening_;
  std::thread thread_;
};

}  // namespace weir::relay::testing
