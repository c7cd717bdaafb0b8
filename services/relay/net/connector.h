// From a URL's host to a usable connection: resolve, connect, TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "services/relay/net/resolver.h"
#include "services/relay/net/stream.h"
#include "services/relay/net/task.h"
#include "services/relay/net/tls_client.h"
#include "services/relay/net/tunnel.h"

namespace weir::relay {

enum class ConnectError : std::uint8_t {
  kNone,
  kResolve,
  kForbidden,  // the name leads to a link-local or metadata address
  kRefused,
  kTimeout,
  kTls,
  kProxy,  // the proxy would not open the way
  kClientGone,
};

struct ConnectResult {
  std::unique_ptr<Stream> stream;  // null when it failed
  ConnectError error = ConnectError::kNone;
};

// When each part was done; steady ns, 0 = not, or there was none.
struct ConnectTimes {
  std::int64_t resolved_ns = 0;
  std::int64_t connected_ns = 0;
  std::int64_t proxied_ns = 0;
  std::int64_t secured_ns = 0;
};

struct ConnectTarget {
  std::string host;
  int port = 443;
  bool tls = true;
  std::string pool_key;                // for TLS session reuse
  const TunnelProxy* proxy = nullptr;  // null = direct
  ConnectTimes* times = nullptr;       // null = nobody wants to know

  // Where the socket goes: the proxy, or the host itself.
  const std::string& dialed_host() const { return proxy == nullptr ? host : proxy->host; }
  int dialed_port() const { return proxy == nullptr ? port : proxy->port; }
};

// An address where no request may go (libs/common/metadata_address.h) is passed over.
// Tries each address in turn until `deadline_ms` (steady), none of them for so long that the others
// get nothing. Gives up with kClientGone as soon as
// `client` hangs up. All references must outlive the task.
Task<ConnectResult> Connect(EventLoop& loop, Resolver& resolver, TlsClient& tls,
                            const ConnectTarget& target, FdWatch& client, std::int64_t deadline_ms);

}  // namespace weir::relay
