// Log-ins. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

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

// Those that have not expired, the one seen last first.
absl::StatusOr<std::vector<Session>> ListOfUser(sql::Transaction& transaction, std::int64_t user_id,
                                                std::int64_t now_ms);

absl::Status Touch(sql::Transaction& transaction, std::string_view id, std::string_view client_ip,
                   std::int64_t now_ms);
absl::Status Confirm(sql::Transaction& transaction, std::string_view id, std::int64_t now_ms);

absl::Status Delete(sql::Transaction& transaction, std::string_view id);
// All of a user but one (empty = all).
absl::Status DeleteOfUser(sql::Transaction& transaction, std::int64_t user_id,
                          std::string_view except_id);
// How many.
absl::StatusOr<std::int64_t> DeleteExpired(sql::Transaction& transaction, std::int64_t now_ms);

}  // namespace weir::admin::session_store
