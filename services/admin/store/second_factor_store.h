// Second factors of log-ins, one a user. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/model/types.h"

namespace weir::admin::second_factor_store {

absl::StatusOr<std::optional<SecondFactor>> Find(sql::Transaction& transaction,
                                                 std::int64_t user_id);
// In place of the one before.
absl::Status Put(sql::Transaction& transaction, const SecondFactor& factor);
absl::Status Delete(sql::Transaction& transaction, std::int64_t user_id);

// Changes the factor from what was read; Aborted when another has changed it since.
absl::Status Replace(sql::Transaction& transaction, const SecondFactor& before,
                     const SecondFactor& after);

// Those of `user_ids` that have one in force.
absl::StatusOr<std::set<std::int64_t>> Having(sql::Transaction& transaction,
                                              const std::vector<std::int64_t>& user_ids);

}  // namespace weir::admin::second_factor_store
