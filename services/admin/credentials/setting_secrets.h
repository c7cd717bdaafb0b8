// The secrets among the settings, in their record: sealed on the way in, opened only to be used.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// What somebody gives of them; nothing = as it was, an empty one takes it away.
struct SettingSecrets {
  std::optional<Secret> alert_secret;
  std::optional<Secret> oidc_client_secret;
};

struct SecretSetting {
  std::string_view name;  // as in the API
  std::string Settings::*sealed;
  std::optional<Secret> SettingSecrets::*given;
};
std::span<const SecretSetting> SecretSettings();

// Seals those that differ from what is held: sealing makes another text each time.
void PutSecrets(const Vault& vault, const SettingSecrets& given, Settings& settings);

// The defaults, with the secrets that `settings` holds.
Settings WithSecretsOf(const Settings& settings);

// Empty when there is none; errors of Vault::Open.
absl::StatusOr<Secret> OpenAlertSecret(const Vault& vault, const Settings& settings);
absl::StatusOr<Secret> OpenOidcClientSecret(const Vault& vault, const Settings& settings);

}  // namespace weir::admin
