// What writing accounts into a file and reading them from one share.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"
#include "libs/common/sql/database.h"
#include "services/admin/credentials/transfer_seal.h"
#include "services/admin/json/account_transfer.h"

namespace weir::admin {

// Nothing without a passphrase. InvalidArgument names the field.
absl::StatusOr<std::optional<TransferSeal>> SealFor(const std::optional<Secret>& passphrase);

// Of all groups.
absl::StatusOr<GroupNames> NamesOfGroups(sql::Transaction& transaction);

}  // namespace weir::admin
