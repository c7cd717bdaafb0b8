// Who may do what with an API key.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/http/message.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// The key, if the caller may see it; whose it is otherwise is not told.
absl::StatusOr<ApiKey> VisibleKey(sql::Transaction& transaction, std::int64_t id,
                                  const Caller& caller);

// Owner and group must exist; a plain user's keys belong to that user and to the user's own group.
// `before` is null for a new key.
absl::Status CheckKeyOwner(sql::Transaction& transaction, const Caller& caller,
                           const ApiKey* before, const ApiKey& key);

// What an administrator has set binds the key's user.
absl::Status GuardKey(sql::Transaction& transaction, const Caller& caller, const ApiKey& before,
                      ApiKey& after);

}  // namespace weir::admin
