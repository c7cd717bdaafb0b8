// Through a proxy to a host: HTTP CONNECT (RFC 9110 §9.3.6) or SOCKS5 (RFC 1928, RFC 1929).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/net/stream.h"
#include "services/relay/net/task.h"

namespace weir::relay {

struct TunnelProxy {
  enum class Kind : std::uint8_t { kHttpConnect, kSocks5 };

  Kind kind = Kind::kHttpConnect;
  std::string host;
  int port = 0;
  std::string_view username;  // empty = none; like the password, views into the pinned snapshot
  std::string_view password;
};

enum class TunnelResult : std::uint8_t { kOpen, kRefused, kTimeout, kClientGone };

// `stream` is connected to the proxy; when this answers kOpen, its bytes are the far host's. The
// proxy resolves `host`. All references must outlive the task.
Task<TunnelResult> OpenTunnel(EventLoop& loop, Stream& stream, const TunnelProxy& proxy,
                              const std::string& host, int port, FdWatch& client,
                              std::int64_t deadline_ms);

}  // namespace weir::relay
