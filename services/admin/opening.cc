#include "services/admin/opening.h"

#include "services/admin/store/schema.h"

namespace weir::admin {

absl::StatusOr<Vault> OpenVault(const weir::Settings& settings) {
  auto keys = LoadMasterKeys(settings.Text("master_key_file"));
  if (!keys.ok()) return keys.status();
  return Vault::Create(*keys);
}

absl::StatusOr<std::unique_ptr<sql::Database>> OpenMigrated(const weir::Settings& settings) {
  auto database = sql::OpenDatabaseWithin(
      settings.Text("database_url"), static_cast<int>(settings.Integer("database_connections")),
      settings.Integer("database_wait_ms"));
  if (!database.ok()) return database.status();
  absl::Status migrated = MigrateSchema(**database);
  if (!migrated.ok()) return migrated;
  return database;
}

absl::StatusOr<std::unique_ptr<sql::Database>> OpenCurrent(const weir::Settings& settings) {
  auto database = sql::OpenDatabase(settings.Text("database_url"), 1);
  if (!database.ok()) return database.status();
  if (absl::Status current = CheckSchema(**database); !current.ok()) return current;
  return database;
}

}  // namespace weir::admin
