// TLS towards upstreams: certificates verified, names checked, sessions resumed.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using SSL_SESSION = struct ssl_session_st;

namespace weir::relay {

// One per loop; not thread-safe.
class TlsClient {
 public:
  // `ca_file` empty: the system's authorities. NotFound when it cannot be read.
  static absl::StatusOr<std::unique_ptr<TlsClient>> Make(const std::string& ca_file);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // A client for `host` (name or address) that accepts only a certificate for it; resumes the last
  // session with the same `session_key`, none when it is empty. The caller owns it. Null when
  // memory is short.
  SSL* NewClient(const std::string& host, const std::string& session_key);

 private:
  explicit TlsClient(SSL_CTX* context);
  static int OnNewSession(SSL* ssl, SSL_SESSION* session);

  SSL_CTX* context_;
  // Sessions by key; the map's nodes also carry the key back from the callback.
  std::map<std::string, SSL_SESSION*> sessions_;
};

}  // namespace weir::relay
