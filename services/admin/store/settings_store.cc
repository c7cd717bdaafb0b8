#include "services/admin/store/settings_store.h"

#include <string>

#include "services/admin/model/settings_rules.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/columns.h"

namespace weir::admin::settings_store {

absl::StatusOr<Settings> Get(sql::Transaction& transaction) {
  auto result = transaction.Execute(
      "SELECT value, updated_at_ms, version, sealed_alert_secret, sealed_oidc_client_secret, "
      "sealed_playground_secret FROM settings WHERE one = 1");
  if (!result.ok()) return result.status();
  if (result->rows.size() != 1) return absl::InternalError("the settings' row is missing");
  const sql::Row& row = result->rows.front();
  Settings settings = DecodeSettings(row.Text(0));
  settings.updated_at_ms = row.Int(1);
  settings.version = row.Int(2);
  settings.sealed_alert_secret = row.Text(3);
  settings.sealed_oidc_client_secret = row.Text(4);
  settings.sealed_playground_secret = row.Text(5);
  return settings;
}

namespace {

// Relays get a tier's models with its accounts.
absl::Status NameSessionAccounts(sql::Transaction& transaction, Changes& changes) {
  const auto accounts =
      transaction.Execute("SELECT id FROM accounts WHERE platform = 'session' ORDER BY id");
  if (!accounts.ok()) return accounts.status();
  for (const sql::Row& row : accounts->rows) changes.Add(ResourceKind::kAccount, row.Int(0));
  return absl::OkStatus();
}

}  // namespace

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Settings& settings) {
  const absl::StatusOr<Settings> known = Get(transaction);
  if (!known.ok()) return known.status();
  auto updated = transaction.Execute(
      "UPDATE settings SET value = $1, updated_at_ms = $2, version = version + 1, "
      "sealed_alert_secret = $4, sealed_oidc_client_secret = $5 WHERE one = 1 AND version = $3",
      {EncodeSettings(settings), now_ms, settings.version, settings.sealed_alert_secret,
       settings.sealed_oidc_client_secret});
  if (!updated.ok()) return updated.status();
  if (updated->affected_rows != 1) {
    return absl::AbortedError("the settings were changed at the same time");
  }
  settings.version += 1;
  settings.updated_at_ms = now_ms;
  if (!SameForRelays(*known, settings)) changes.Add(ResourceKind::kSettings, 0);
  if (known->tier_models != settings.tier_models) {
    absl::Status named = NameSessionAccounts(transaction, changes);
    if (!named.ok()) return named;
  }
  static const Table table = {
      .name = "settings",
      .what = "settings",
      .columns = {"settings", "settings.alert_secret", "settings.oidc_client_secret"},
      .hidden = {"settings.alert_secret", "settings.oidc_client_secret"}};
  changes.Note({"settings", 0, "settings", "update",
                Difference(table,
                           {EncodeSettings(*known), known->sealed_alert_secret,
                            known->sealed_oidc_client_secret},
                           {EncodeSettings(settings), settings.sealed_alert_secret,
                            settings.sealed_oidc_client_secret})});
  return absl::OkStatus();
}

absl::Status SetPlaygroundSecret(sql::Transaction& transaction, Changes& changes,
                                 std::string_view sealed, std::string_view instead_of) {
  auto updated = transaction.Execute(
      "UPDATE settings SET sealed_playground_secret = $1 "
      "WHERE one = 1 AND sealed_playground_secret = $2",
      {std::string(sealed), std::string(instead_of)});
  if (!updated.ok()) return updated.status();
  if (updated->affected_rows == 1) changes.Add(ResourceKind::kSettings, 0);
  return absl::OkStatus();
}

absl::StatusOr<bool> SetMark(sql::Transaction& transaction, std::string_view name) {
  auto result = transaction.Execute(
      "INSERT INTO marks (name, value) VALUES ($1, '') ON CONFLICT (name) DO NOTHING",
      {std::string(name)});
  if (!result.ok()) return result.status();
  return result->affected_rows == 1;
}

}  // namespace weir::admin::settings_store
