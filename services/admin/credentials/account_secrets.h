// The two secrets of an account, in its record: sealed on the way in, opened only for relays.
#pragma once

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

// A proxy's URL with its password replaced by ***.
std::string MaskPassword(const std::string& url);

}  // namespace weir::admin
