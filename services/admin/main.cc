#include <cstdio>
#include <map>
#include <string>

#include "libs/common/log.h"
#include "libs/common/ops_probe.h"
#include "libs/common/settings.h"
#include "libs/common/shutdown.h"
#include "libs/common/text.h"
#include "libs/common/version.h"
#include "services/admin/admin.h"
#include "services/admin/config.h"
#include "services/admin/make_secrets.h"
#include "services/admin/settings_page.h"

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "weir-admin: %s\n", std::string(status.message()).c_str());
  return 1;
}

struct Command {
  absl::StatusOr<std::string> (*run)(const weir::Settings&);
  std::size_t words;      // with its own name
  std::size_t words_max;  // the same, where nothing may be left out
};

absl::StatusOr<std::string> MakeSecrets(const weir::Settings& settings) {
  const auto& words = settings.positional();
  return weir::admin::MakeSecrets(words.at(1), words.back());
}

const std::map<std::string, Command>& Commands() {
  static const std::map<std::string, Command> commands = {
      {"seed", {weir::admin::RunSeed, 1, 1}},
      {"config-diff", {weir::admin::RunConfigDiff, 1, 1}},
      {"backup", {weir::admin::RunBackup, 2, 2}},
      {"after-restore", {weir::admin::RunAfterRestore, 1, 1}},
      {"reseal", {weir::admin::RunReseal, 1, 1}},
      {"restore-access", {weir::admin::RunRestoreAccess, 2, 2}},
      {"settings-page", {weir::admin::RunSettingsPage, 1, 1}},
      {"openapi", {weir::admin::RunOpenapi, 1, 1}},
      {"new-playground-secret", {weir::admin::RunNewPlaygroundSecret, 1, 1}},
      {"make-secrets", {MakeSecrets, 2, 3}},
  };
  return commands;
}

int Run(const Command& command, const weir::Settings& settings) {
  const auto lines = command.run(settings);
  if (!lines.ok()) return Fail(lines.status());
  std::fputs(lines->c_str(), stdout);
  return 0;
}

// Where to make the first administrator: in a browser, or without one.
std::string SetupText(const weir::admin::Admin& admin) {
  using weir::StrCat;
  const std::string& token = admin.setup_token().Reveal();
  const std::string address = StrCat("http://127.0.0.1:", admin.http_port());
  if (!admin.has_console()) {
    return StrCat("There is no administrator yet. Make one on this machine:\n  curl ", address,
                  "/setup -H 'content-type: application/json' \\\n    -d '{\"token\":\"", token,
                  R"(","username":"admin","password":"…"}')",
                  "\nThe token is good for one administrator, and until this process ends.\n");
  }
  return StrCat("There is no administrator yet. Make one on this machine at\n  ", address,
                "/setup#token=", token, "\nor wherever this port is reached, with the token ",
                token, "\nIt is good for one administrator, and until this process ends.\n");
}

// On the terminal alone: the log is kept and sent on, this is not.
void PrintSetup(const weir::admin::Admin& admin) {
  if (admin.setup_token().empty()) return;
  std::fputs(SetupText(admin).c_str(), stdout);
  std::fflush(stdout);
}

int Serve(const weir::Settings& settings) {
  weir::ShutdownSignal shutdown;
  const auto admin = weir::admin::Admin::Start(settings);
  if (absl::IsCancelled(admin.status())) return 0;
  if (!admin.ok()) return Fail(admin.status());
  weir::LogInfo("admin is ready", {{"version", weir::kVersion},
                                   {"listen", settings.Text("listen")},
                                   {"grpc_listen", settings.Text("grpc_listen")}});
  PrintSetup(**admin);
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
  const auto& words = settings.positional();
  if (words.empty()) return Serve(settings);
  if (const auto probed = weir::ProbeCommand(settings); probed.has_value()) {
    return probed->ok() ? 0 : Fail(*probed);
  }
  const auto command = Commands().find(words.front());
  if (command != Commands().end() && words.size() >= command->second.words &&
      words.size() <= command->second.words_max) {
    return Run(command->second, settings);
  }
  return Fail(absl::InvalidArgumentError(
      "the commands are seed, config-diff, backup FILE, after-restore, reseal, restore-access "
      "USERNAME, new-playground-secret, openapi, settings-page, make-secrets FOLDER [KEY_FOLDER], "
      "health, "
      "ready and log-level; see --help"));
}
