#include "services/admin/credentials/setting_secrets.h"

#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr SecretSetting kSecrets[] = {
    {"alert_secret", &Settings::sealed_alert_secret, &SettingSecrets::alert_secret},
    {"oidc_client_secret", &Settings::sealed_oidc_client_secret,
     &SettingSecrets::oidc_client_secret},
};

// There is one record of settings; the seal is bound to its row.
std::string OwnerOf(std::string_view name) { return StrCat("settings/1/", name); }

absl::StatusOr<Secret> Open(const Vault& vault, const SecretSetting& which,
                            const Settings& settings) {
  const std::string& sealed = settings.*which.sealed;
  if (sealed.empty()) return Secret();
  return vault.Open(sealed, OwnerOf(which.name));
}

bool IsHeld(const Vault& vault, const SecretSetting& which, const Settings& settings,
            const Secret& given) {
  const auto held = Open(vault, which, settings);
  return held.ok() && SameSecret(held->Reveal(), given.Reveal());
}

}  // namespace

std::span<const SecretSetting> SecretSettings() { return kSecrets; }

void PutSecrets(const Vault& vault, const SettingSecrets& given, Settings& settings) {
  for (const SecretSetting& which : kSecrets) {
    const std::optional<Secret>& secret = given.*which.given;
    if (!secret.has_value() || IsHeld(vault, which, settings, *secret)) continue;
    settings.*which.sealed = secret->empty() ? "" : vault.Seal(*secret, OwnerOf(which.name));
  }
}

Settings WithSecretsOf(const Settings& settings) {
  Settings only;
  for (const SecretSetting& which : kSecrets) only.*which.sealed = settings.*which.sealed;
  only.sealed_playground_secret = settings.sealed_playground_secret;
  return only;
}

absl::StatusOr<Secret> OpenAlertSecret(const Vault& vault, const Settings& settings) {
  return Open(vault, kSecrets[0], settings);
}

absl::StatusOr<Secret> OpenOidcClientSecret(const Vault& vault, const Settings& settings) {
  return Open(vault, kSecrets[1], settings);
}

}  // namespace weir::admin
