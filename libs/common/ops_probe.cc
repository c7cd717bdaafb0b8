#include "libs/common/ops_probe.h"

#include <httplib.h>

#include <cstdio>

#include "libs/common/ops_server.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr int kTimeoutSeconds = 3;

std::string Reachable(const std::string& host) {
  if (host == "0.0.0.0" || host.empty()) return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

// The body of a 200. `put` null: GET.
absl::StatusOr<std::string> Ask(const std::string& listen, const std::string& path,
                                const std::string* put) {
  const absl::StatusOr<HostPort> address = ParseHostPort(listen);
  if (!address.ok()) return address.status();
  httplib::Client client(Reachable(address->host), address->port);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  const httplib::Result result =
      put == nullptr ? client.Get(path) : client.Put(path, *put, "text/plain");
  if (!result) {
    return absl::UnavailableError(StrCat("nothing answers at ", listen));
  }
  if (result->status == 200) return result->body;
  return absl::UnavailableError(StrCat(listen, path, " answers ", result->status, ": ",
                                       StripSpace(result->body).substr(0, 500)));
}

// `log-level` prints it, `log-level WORD` sets it.
absl::Status LogLevelCommand(const Settings& settings) {
  const std::vector<std::string>& words = settings.positional();
  const absl::StatusOr<std::string> level =
      Ask(settings.Text("ops_listen"), "/log-level", words.size() == 2 ? &words.back() : nullptr);
  if (!level.ok()) return level.status();
  std::fputs(level->c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

absl::Status ProbeOps(const std::string& listen, std::string_view path) {
  return Ask(listen, std::string(path), nullptr).status();
}

std::optional<absl::Status> ProbeCommand(const Settings& settings) {
  const std::vector<std::string>& words = settings.positional();
  if (!words.empty() && words.size() <= 2 && words.front() == "log-level") {
    return LogLevelCommand(settings);
  }
  if (words.size() != 1 || (words.front() != "health" && words.front() != "ready")) {
    return std::nullopt;
  }
  return ProbeOps(settings.Text("ops_listen"), StrCat("/", words.front()));
}

}  // namespace weir
