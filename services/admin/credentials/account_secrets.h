// The secrets of an account, in its record: sealed on the way in, opened only for relays.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// Put a secret into `account`, which must have its id already: the seal is bound to it. An empty
// secret removes it. An account whose credential was refused is well again with another one.
void SetCredential(const Vault& vault, const Secret& credential, Account& account);
void SetProxyUrl(const Vault& vault, const Secret& proxy_url, Account& account);

// Empty when there is none; errors of Vault::Open.
absl::StatusOr<Secret> OpenCredential(const Vault& vault, const Account& account);
absl::StatusOr<Secret> OpenProxyUrl(const Vault& vault, const Account& account);

// The same for what renews the credential of an account of type oauth.
void SetClientSecret(const Vault& vault, const Secret& secret, Account& account);
void SetRefreshToken(const Vault& vault, const Secret& token, Account& account);
absl::StatusOr<Secret> OpenClientSecret(const Vault& vault, const Account& account);
absl::StatusOr<Secret> OpenRefreshToken(const Vault& vault, const Account& account);

// What somebody gives of them; nothing = as it was.
struct AccountSecrets {
  std::optional<Secret> credential;
  std::optional<Secret> proxy_url;
  std::optional<Secret> client_secret;
  std::optional<Secret> refresh_token;
};
// A proxy's URL that comes back as it was shown, with *** for its password, is not a new one. With
// another way to renew its credential, an account that needed a log-in is well again; a new
// credential without its end has none that is known, unless `before` had another.
void PutSecrets(const Vault& vault, const AccountSecrets& given, const Account& before,
                Account& account);

// After PutSecrets, of an account that was there before: with another credential or address it is
// another one to its provider, and what relays told of the one before says nothing of it. A renewal
// of an OAuth token is none.
void NoteReplaced(const AccountSecrets& given, const Account& before, std::int64_t now_ms,
                  Account& account);

// Whether the account goes by this proxy already; its password may be masked.
bool HoldsProxy(const Vault& vault, const Account& account, const Secret& proxy_url);

// Those of `given` that differ from what the account holds: sealing makes another text each time.
AccountSecrets WithoutHeld(const Vault& vault, const AccountSecrets& given, const Account& account);

// Tells whether the credential and the refresh token of weir.yaml are those that it gave before:
// both are replaced as they are renewed, and must not come back with the next start.
std::string GivenMark(const AccountSecrets& given);

// A proxy's URL with its password replaced by ***.
std::string MaskPassword(const std::string& url);

}  // namespace weir::admin
