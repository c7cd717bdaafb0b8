// The composition root of the control plane: builds the parts bottom-up, stops them in reverse.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "libs/common/settings.h"

namespace weir::admin {

class Admin {
 public:
  // Opens and migrates the database, loads the price list and the YAML file, which it goes on to
  // follow, starts to listen.
  // Every error names the setting or the file that is at fault.
  static absl::StatusOr<std::unique_ptr<Admin>> Start(const weir::Settings& settings);
  ~Admin();

  int http_port() const;
  int grpc_port() const;
  // The contract of these routes, as /api/openapi.json has it; needs no database and no secret.
  static absl::StatusOr<std::string> Contract();

  // For /setup, while there is no administrator; else empty. For the terminal, not for the log.
  const Secret& setup_token() const;
  // Whether there is a page to set it up at.
  bool has_console() const;

 private:
  struct Parts;
  explicit Admin(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

// The commands of weir-admin, on the database that `settings` name; each returns what to print.
// `openapi`: the contract, whatever the settings are.
absl::StatusOr<std::string> RunOpenapi(const weir::Settings& settings);
// `seed`: prepares it for a first start.
absl::StatusOr<std::string> RunSeed(const weir::Settings& settings);
// `config-diff`: what applying the configuration file would change, for people; changes nothing.
absl::StatusOr<std::string> RunConfigDiff(const weir::Settings& settings);
// `backup FILE`: see libs/common/sql/backup.h.
absl::StatusOr<std::string> RunBackup(const weir::Settings& settings);
// `after-restore`: see after_restore.h.
absl::StatusOr<std::string> RunAfterRestore(const weir::Settings& settings);
// `reseal`: see reseal.h.
absl::StatusOr<std::string> RunReseal(const weir::Settings& settings);
// `restore-access USERNAME`: see restore_access.h. The password stands in the text: for a terminal.
absl::StatusOr<std::string> RunRestoreAccess(const weir::Settings& settings);
// `new-playground-secret`: see credentials/playground_secret.h.
absl::StatusOr<std::string> RunNewPlaygroundSecret(const weir::Settings& settings);

}  // namespace weir::admin
