// The internal port of a service: /health, /ready, /metrics, and /log-level, which is read by GET
// and set by PUT (the level's word as body) from the machine itself alone. On its own threads, so
// that it answers while the service's own are busy.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/metrics.h"

namespace weir {

class OpsServer {
 public:
  // `ready` is called on the server's threads: OK, or what is missing (its message is shown).
  // `metrics` must outlive the server.
  OpsServer(const Metrics& metrics, std::function<absl::Status()> ready);
  ~OpsServer();  // stops it

  // `listen` as host:port. Unavailable when the port cannot be had.
  absl::Status Start(const std::string& listen);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For listeners made by cpp-httplib: a port that is closing may be had again, one in use may not.
// Its own options set SO_REUSEPORT, with which two services share a port unnoticed, and a restart
// fails while connections of another server on that port are closing.
void SetListenerOptions(int socket);

// Splits "host:port" (IPv6 as "[::1]:80"). InvalidArgument when it is neither.
struct HostPort {
  std::string host;
  int port = 0;
};
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

}  // namespace weir
