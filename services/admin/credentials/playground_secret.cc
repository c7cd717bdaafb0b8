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

}  // namespace

absl::Status EnsurePlaygroundSecret(Store& store, const Vault& vault) {
  return store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    const auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    const auto held = OpenPlaygroundSecret(vault, *settings);
    if (held.ok() && !held->empty()) return absl::OkStatus();
    return settings_store::SetPlaygroundSecret(transaction, changes,
                                               vault.Seal(RandomSecret(), kOwner),
                                               settings->sealed_playground_secret);
  });
}

absl::StatusOr<Secret> OpenPlaygroundSecret(const Vault& vault, const Settings& settings) {
  const std::string& sealed = settings.sealed_playground_secret;
  if (sealed.empty()) return Secret();
  return vault.Open(sealed, kOwner);
}

}  // namespace weir::admin
