#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/log.h"
#include "libs/common/ops_probe.h"
#include "libs/common/settings.h"
#include "libs/common/shutdown.h"
#include "libs/common/sql/backup.h"
#include "libs/common/sql/database.h"
#include "libs/common/version.h"
#include "services/usage/config.h"
#include "services/usage/schema.h"
#include "services/usage/sum_rebuild.h"
#include "services/usage/usage_server.h"

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "weir-usage: %s\n", std::string(status.message()).c_str());
  return 1;
}

int BackUp(const weir::Settings& settings) {
  const std::string& target = settings.positional().at(1);
  const absl::Status copied = weir::sql::BackUpDatabase(settings.Text("database_url"), target);
  if (!copied.ok()) return Fail(copied);
  std::printf("written: %s\n", target.c_str());
  return 0;
}

// `weir-usage rebuild-sums`: for a ledger whose sums an older program has left short.
int RunRebuildSums(const weir::Settings& settings) {
  const auto database = weir::sql::OpenDatabase(settings.Text("database_url"));
  if (!database.ok()) return Fail(database.status());
  if (const absl::Status migrated = weir::usage::MigrateLedger(**database); !migrated.ok()) {
    return Fail(migrated);
  }
  const absl::StatusOr<std::int64_t> days = weir::usage::RebuildSums(**database);
  if (!days.ok()) return Fail(days.status());
  std::printf("the sums of %lld days are made anew\n", static_cast<long long>(*days));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  weir::ShutdownSignal shutdown;
  weir::Settings settings = weir::usage::MakeSettings();
  if (const absl::Status loaded = settings.Load(argc, argv); !loaded.ok()) return Fail(loaded);
  if (settings.wants_text()) {
    std::fputs(settings.text().c_str(), stdout);
    return 0;
  }
  if (const auto probed = weir::ProbeCommand(settings); probed.has_value()) {
    return probed->ok() ? 0 : Fail(*probed);
  }
  if (const auto& words = settings.positional(); !words.empty()) {
    if (words.size() == 2 && words.front() == "backup") return BackUp(settings);
    if (words.size() == 1 && words.front() == "rebuild-sums") return RunRebuildSums(settings);
    return Fail(absl::InvalidArgumentError(
        "the commands are backup FILE, rebuild-sums, health, ready and log-level; see --help"));
  }
  weir::StartLog("usage", weir::LogLevelFromText(settings.Text("log_level")));
  const auto server = weir::usage::UsageServer::Start(settings);
  if (absl::IsCancelled(server.status())) return 0;
  if (!server.ok()) return Fail(server.status());
  weir::LogInfo("usage is ready", {{"version", weir::kVersion},
                                   {"grpc_listen", settings.Text("grpc_listen")},
                                   {"ops_listen", settings.Text("ops_listen")}});
  const int signal = shutdown.Wait();
  weir::LogInfo("usage stops", {{"signal", signal}});
  return 0;
}
