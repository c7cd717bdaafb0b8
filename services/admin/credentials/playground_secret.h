// What playground tokens are signed with (libs/common/playground_token.h): made by the first admin
// that starts on a database, sealed in the settings' row, pushed to relays with them.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// Makes one where there is none. Several admins may do so at once. FailedPrecondition: the one that
// there is was sealed by another master key. It stays: to replace it would take every token from
// those who have the right one.
absl::Status EnsurePlaygroundSecret(Store& store, const Vault& vault);

// Another one, whatever there is: all tokens end, on each relay as soon as it hears of it.
absl::Status ReplacePlaygroundSecret(Store& store, const Vault& vault);

// Empty when there is none; errors of Vault::Open.
absl::StatusOr<Secret> OpenPlaygroundSecret(const Vault& vault, const Settings& settings);

}  // namespace weir::admin
