// The table of keys. Each write goes to `changes` too, as relays know keys.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"

namespace weir::admin::api_key_store {

// As columns.h writes limits: those that there are. An index has this very condition.
inline constexpr std::string_view kHasLifetimeLimit = R"(limits LIKE '%_total":%')";

// NotFound.
absl::StatusOr<ApiKey> Get(sql::Transaction& transaction, std::int64_t id);
// By the hash of its text, or of the one before its rotation while that is good. NotFound.
absl::StatusOr<ApiKey> FindByHash(sql::Transaction& transaction, std::string_view sha256,
                                  std::int64_t now_ms);
// NotFound; the oldest when several of a user have the name (names of keys are not unique).
absl::StatusOr<ApiKey> FindByName(sql::Transaction& transaction, std::int64_t user_id,
                                  std::string_view name);
absl::StatusOr<Page<ApiKey>> List(sql::Transaction& transaction, const ListQuery& query);
// By id, those after `after`, at most `limit`.
absl::StatusOr<std::vector<ApiKey>> After(sql::Transaction& transaction, std::int64_t after,
                                          std::int64_t limit);

// See InsertRow, UpdateRow, DeleteRow in table.h.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ApiKey& key);
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ApiKey& key);
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id);

// All keys of a user, for the user that goes.
absl::Status DeleteOfUser(sql::Transaction& transaction, Changes& changes, std::int64_t user_id);

}  // namespace weir::admin::api_key_store
