// How an account that an administrator gives, with its secrets, comes into the database.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "libs/common/sql/database.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"
#include "services/admin/store/table.h"

namespace weir::admin {

// The secrets into the account, and when Weir renews what it renews. `before` is the account as it
// was; a new one as it is made.
void PutGiven(const Vault& vault, const AccountSecrets& given, const Account& before,
              std::int64_t now_ms, Account& account);

// A new one, with its secrets.
absl::Status InsertGiven(sql::Transaction& transaction, Changes& changes, const Vault& vault,
                         std::int64_t now_ms, const AccountSecrets& given, Account& account);

}  // namespace weir::admin
