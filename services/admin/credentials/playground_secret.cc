#include "services/admin/credentials/playground_secret.h"

#include <sodium.h>

#include <string>

#include "libs/common/playground_token.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

constexpr std::string_view kOwner = "settings/1/playground_secret";

Secret RandomSecret() {
  std::string bytes(kPlaygroundSecretBytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return Secret(std::move(bytes));
}

absl::Status Replace(sql::Transaction& transaction, Changes& changes, const Vault& vault,
                     const Settings& settings) {
  return settings_store::SetPlaygroundSecret(
      transaction, changes, vault.Seal(RandomSecret(), kOwner), settings.sealed_playground_secret);
}

}  // namespace

absl::Status EnsurePlaygroundSecret(Store& store, const Vault& vault) {
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    const auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    if (settings->sealed_playground_secret.empty()) {
      return Replace(transaction, changes, vault, *settings);
    }
    if (OpenPlaygroundSecret(vault, *settings).ok()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "the database's secrets were sealed by another master key: none of the lines of "
        "WEIR_ADMIN_MASTER_KEY_FILE opens the one that signs playground tokens. Start with the key "
        "file that belongs to this database; if it is lost, `weir-admin new-playground-secret` "
        "makes another of these, and accounts need their credentials again");
  });
}

absl::Status ReplacePlaygroundSecret(Store& store, const Vault& vault) {
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    const auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    return Replace(transaction, changes, vault, *settings);
  });
}

absl::StatusOr<Secret> OpenPlaygroundSecret(const Vault& vault, const Settings& settings) {
  const std::string& sealed = settings.sealed_playground_secret;
  if (sealed.empty()) return Secret();
  return vault.Open(sealed, kOwner);
}

}  // namespace weir::admin
