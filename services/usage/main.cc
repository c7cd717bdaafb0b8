#include <cstdio>
#include <string>

#include "libs/common/log.h"
#include "libs/common/settings.h"
#include "libs/common/shutdown.h"
#include "libs/common/sql/backup.h"
#include "libs/common/version.h"
#include "services/usage/config.h"
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

}  // namespace

int main(int argc, char** argv) {
  weir::ShutdownSignal shutdown;
  weir::Settings settings = weir::usage::MakeSettings();
  if (const absl::Status loaded = settings.Load(argc, argv); !loaded.ok()) return Fail(loaded);
  if (settings.wants_text()) {
    std::fputs(settings.text().c_str(), stdout);
    return 0;
  }
  if (const auto& words = settings.positional(); !words.empty()) {
    if (words.size() == 2 && words.front() == "backup") return BackUp(settings);
    return Fail(absl::InvalidArgumentError("the only command is backup FILE; see --help"));
  }
  weir::StartLog("usage", weir::LogLevelFromText(settings.Text("log_level")));
  const auto server = weir::usage::UsageServer::Start(settings);
  if (!server.ok()) return Fail(server.status());
  weir::LogInfo("usage is ready", {{"version", weir::kVersion},
                                   {"grpc_listen", settings.Text("grpc_listen")},
                                   {"ops_listen", settings.Text("ops_listen")}});
  const int signal = shutdown.Wait();
  weir::LogInfo("usage stops", {{"signal", signal}});
  return 0;
}
