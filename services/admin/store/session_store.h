// Log-ins. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/model/types.h"

namespace weir::admin::session_store {

absl::Status Insert(sql::Transaction& transaction, const Session& session);

// NotFound. Whether it has expired is for the caller to see.
absl::StatusOr<Session> Get(sql::Transaction& transaction, std::string_view id);
absl::StatusOr<Session> FindByCookie(sql::Transaction& transaction, std::string_view cookie_hash);
// By the current or the one before: a session found by the latter was stolen.
absl::StatusOr<Session> FindByRefresh(sql::Transaction& transaction, std::string_view refresh_hash);

// Makes `refresh_hash` the current one. Aborted when another was quicker.
absl::Status RotateRefresh(sql::Transaction& transaction, const Session& session,
                           std::string_view refresh_hash);

absl::Status Delete(sql::Transaction& transaction, std::string_view id);
// All of a user but one (empty = all).
absl::Status DeleteOfUser(sql::Transaction& transaction, std::int64_t user_id,
                          std::string_view except_id);
absl::Status DeleteExpired(sql::Transaction& transaction, std::int64_t now_ms);

}  // namespace weir::admin::session_store
