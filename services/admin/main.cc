#include <cstdio>
#include <string>

#include "libs/common/log.h"
#include "libs/common/settings.h"
#include "libs/common/shutdown.h"
#include "libs/common/version.h"
#include "services/admin/admin.h"
#include "services/admin/config.h"

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "weir-admin: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Seed(const weir::Settings& settings) {
  const auto lines = weir::admin::RunSeed(settings);
  if (!lines.ok()) return Fail(lines.status());
  std::fputs(lines->c_str(), stdout);
  return 0;
}

int Serve(const weir::Settings& settings) {
  weir::ShutdownSignal shutdown;
  const auto admin = weir::admin::Admin::Start(settings);
  if (!admin.ok()) return Fail(admin.status());
  weir::LogInfo("admin is ready", {{"version", weir::kVersion},
                                   {"listen", settings.Text("listen")},
                                   {"grpc_listen", settings.Text("grpc_listen")}});
  const int signal = shutdown.Wait();
  weir::LogInfo("admin stops", {{"signal", signal}});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  weir::Settings settings = weir::admin::MakeSettings();
  if (absl::Status loaded = settings.Load(argc, argv); !loaded.ok()) return Fail(loaded);
  if (settings.wants_text()) {
    std::fputs(settings.text().c_str(), stdout);
    return 0;
  }
  weir::StartLog("admin", weir::LogLevelFromText(settings.Text("log_level")));
  const auto& command = settings.positional();
  if (command.empty()) return Serve(settings);
  if (command.size() == 1 && command.front() == "seed") return Seed(settings);
  return Fail(absl::InvalidArgumentError("the only command is 'seed'; see --help"));
}
