// The table of invites. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"

namespace weir::admin::invite_store {

// NotFound.
absl::StatusOr<Invite> Get(sql::Transaction& transaction, std::int64_t id);
// By the SHA-256 of the code, in hex. NotFound.
absl::StatusOr<Invite> FindByCode(sql::Transaction& transaction, std::string_view code_hash);
// Conditions may name the columns used_at_ms and expires_at_ms.
absl::StatusOr<Page<Invite>> List(sql::Transaction& transaction, const ListQuery& query);

// See InsertRow, UpdateRow, DeleteRow in table.h.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Invite& invite);
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Invite& invite);
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id);

}  // namespace weir::admin::invite_store
