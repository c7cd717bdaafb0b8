// weir-relay: settings, start, wait for SIGTERM, drain.
#include <sodium.h>

#include <cstdio>
#include <utility>

#include "absl/synchronization/mutex.h"

#include "libs/common/log.h"
#include "libs/common/ops_probe.h"
#include "libs/common/shutdown.h"
#include "libs/common/text.h"
#include "services/relay/config.h"
#include "services/relay/relay.h"

namespace {

int Fail(const absl::Status& status) {
  const std::string message(weir::View(status.message()));
  std::fprintf(stderr, "weir-relay: %s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  weir::ShutdownSignal shutdown;
  // A debugging aid that Debian's Abseil has on: gRPC's locks would each go through a graph of all.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (sodium_init() < 0) return Fail(absl::InternalError("libsodium cannot start"));

  weir::Settings settings = weir::relay::RelaySettingsTable();
  if (absl::Status status = settings.Load(argc, argv); !status.ok()) return Fail(status);
  if (settings.wants_text()) {
    std::fputs(settings.text().c_str(), stdout);
    return 0;
  }
  if (const auto probed = weir::ProbeCommand(settings); probed.has_value()) {
    return probed->ok() ? 0 : Fail(*probed);
  }
  if (!settings.positional().empty()) {
    return Fail(
        absl::InvalidArgumentError("the commands are health, ready and log-level; see --help"));
  }
  absl::StatusOr<weir::relay::Config> config = weir::relay::LoadConfig(settings);
  if (!config.ok()) return Fail(config.status());
  weir::StartLog("relay", weir::LogLevelFromText(config->log_level));
  const std::string listen = config->listen;

  weir::relay::Relay relay(*std::move(config));
  if (absl::Status status = relay.Start(); !status.ok()) return Fail(status);
  weir::LogInfo("listening", {{"listen", listen}});
  const int signal_number = shutdown.Wait();
  weir::LogInfo("signal received", {{"signal", signal_number}});
  relay.DrainAndStop();
  return 0;
}
