// The HTTP port: takes requests in, gives them to the router, writes one log line for each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "libs/common/ip_block.h"
#include "libs/common/metrics.h"
#include "services/admin/http/cross_origin.h"
#include "services/admin/http/router.h"

namespace weir::admin {

class HttpServer {
 public:
  // Both must outlive the server. `threads` connections are served at once.
  HttpServer(const Router& router, Metrics& metrics, int threads);
  ~HttpServer();  // finishes the requests in hand

  // `listen` as host:port (port 0 = any). Requests of `trusted_proxies` are those of whom their
  // X-Forwarded-For names. Pages of `origins` may ask. Unavailable when the port cannot be had.
  absl::Status Start(const std::string& listen, std::vector<IpBlock> trusted_proxies,
                     CrossOrigin origins);
  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::admin
