// Which models accounts serve, without all else that an account is: ten thousand accounts say few
// different things about it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// Accounts that are not disabled and serve one of these groups, or any; in the order of choice.
// Only `platform`, `provider`, `request_url`, `models`, `model_mapping` and `tier` are filled in:
// of accounts alike in these there is one.
absl::StatusOr<std::vector<Account>> AccountOffers(
    sql::Transaction& transaction, const std::optional<std::set<std::int64_t>>& groups);

}  // namespace weir::admin
