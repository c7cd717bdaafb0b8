#include "libs/common/ops_probe.h"

#include <httplib.h>

#include "libs/common/ops_server.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr int kTimeoutSeconds = 3;

std::string Reachable(const std::string& host) {
  if (host == "0.0.0.0" || host.empty()) return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

}  // namespace

absl::Status ProbeOps(const std::string& listen, std::string_view path) {
  const absl::StatusOr<HostPort> address = ParseHostPort(listen);
  if (!address.ok()) return address.status();
  httplib::Client client(Reachable(address->host), address->port);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  const httplib::Result result = client.Get(std::string(path));
  if (!result) {
    return absl::UnavailableError(StrCat("nothing answers at ", listen));
  }
  if (result->status == 200) return absl::OkStatus();
  return absl::UnavailableError(StrCat(listen, path, " answers ", result->status, ": ",
                                       StripSpace(result->body).substr(0, 500)));
}

std::optional<absl::Status> ProbeCommand(const Settings& settings) {
  const std::vector<std::string>& words = settings.positional();
  if (words.size() != 1 || (words.front() != "health" && words.front() != "ready")) {
    return std::nullopt;
  }
  return ProbeOps(settings.Text("ops_listen"), StrCat("/", words.front()));
}

}  // namespace weir
