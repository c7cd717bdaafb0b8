#include "libs/common/ops_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <optional>
#include <thread>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::size_t kThreads = 2;  // a probe must not wait for a slow scrape

// From this machine, or what is forwarded to it: the port may stand open to whoever scrapes
// metrics. Who asks the machine's own address from the machine comes from that very address, which
// nobody elsewhere can: the answer to them would not leave.
bool IsFromHere(const httplib::Request& request) {
  const std::string& address = request.remote_addr;
  return address == request.local_addr || address.starts_with("127.") || address == "::1" ||
         address.starts_with("::ffff:127.");
}

void ServeLogLevel(httplib::Server& server) {
  server.Get("/log-level", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(StrCat(LogLevelText(CurrentLogLevel()), "\n"), "text/plain");
  });
  server.Put("/log-level", [](const httplib::Request& request, httplib::Response& response) {
    const std::optional<LogLevel> level = ParseLogLevel(StripSpace(request.body));
    if (!IsFromHere(request)) {
      response.status = 403;
      response.set_content("the log level is set from the service's own machine\n", "text/plain");
    } else if (!level.has_value()) {
      response.status = 400;
      response.set_content("a log level is debug, info, warning or error\n", "text/plain");
    } else {
      SetLogLevel(*level);
      response.set_content(StrCat(LogLevelText(*level), "\n"), "text/plain");
    }
  });
}

}  // namespace

struct OpsServer::Impl {
  httplib::Server server;
  std::thread thread;
};

OpsServer::OpsServer(const Metrics& metrics, std::function<absl::Status()> ready)
    : impl_(std::make_unique<Impl>()) {
  httplib::Server& server = impl_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_keep_alive_timeout(1);
  server.set_socket_options(SetListenerOptions);
  server.Get("/health", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("{\"status\":\"ok\"}\n", "application/json");
  });
  server.Get("/ready", [ready = std::move(ready)](const httplib::Request&,
                                                  httplib::Response& response) {
    const absl::Status status = ready();
    response.status = status.ok() ? 200 : 503;
    response.set_content(status.ok() ? "ready\n" : StrCat(status.message(), "\n"), "text/plain");
  });
  server.Get("/metrics", [&metrics](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics.Expose(), "text/plain; version=0.0.4; charset=utf-8");
  });
  ServeLogLevel(server);
}

OpsServer::~OpsServer() {
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

absl::Status OpsServer::Start(const std::string& listen) {
  const absl::StatusOr<HostPort> address = ParseHostPort(listen);
  if (!address.ok()) return address.status();
  if (!impl_->server.bind_to_port(address->host, address->port)) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", listen, ": is the port taken, or the address not ours?"));
  }
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  while (!impl_->server.is_running()) std::this_thread::yield();
  return absl::OkStatus();
}

void SetListenerOptions(int socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  HostPort address;
  if (colon == std::string_view::npos || !ParseInteger(text.substr(colon + 1), address.port) ||
      address.port < 0 || address.port > 65535) {
    return absl::InvalidArgumentError(StrCat("'", text, "' is not host:port"));
  }
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // "::1" must not become port 1 of the host ":".
  if (host.find_first_of(bracketed ? "[]" : "[]:") != std::string_view::npos) {
    return absl::InvalidArgumentError(StrCat(
        "'", text, "' is not host:port; an IPv6 address stands in brackets, as in [::1]:80"));
  }
  address.host = std::string(host);
  if (address.host.empty()) {
    return absl::InvalidArgumentError(StrCat("'", text, "' has no host before the colon"));
  }
  return address;
}

}  // namespace weir
