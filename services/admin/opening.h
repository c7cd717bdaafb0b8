// What each start and each command of weir-admin begins with: the master keys and the database, as
// the process's settings name them.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "libs/common/settings.h"
#include "libs/common/sql/database.h"
#include "services/admin/credentials/vault.h"

namespace weir::admin {

// Errors of LoadMasterKeys.
absl::StatusOr<Vault> OpenVault(const weir::Settings& settings);

// Waits for a database that does not answer yet (database_wait_ms), and brings its schema up to
// date.
absl::StatusOr<std::unique_ptr<sql::Database>> OpenMigrated(const weir::Settings& settings);

// For commands that may run beside admins of another version: it changes no schema.
absl::StatusOr<std::unique_ptr<sql::Database>> OpenCurrent(const weir::Settings& settings);

}  // namespace weir::admin
