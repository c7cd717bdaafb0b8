// The table of accounts. Each write goes to `changes` too, as relays know accounts.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"

namespace weir::admin::account_store {

// NotFound.
absl::StatusOr<Account> Get(sql::Transaction& transaction, std::int64_t id);
// NotFound.
absl::StatusOr<Account> FindByName(sql::Transaction& transaction, std::string_view name);
absl::StatusOr<Page<Account>> List(sql::Transaction& transaction, const ListQuery& query);
// By id, those after `after`, at most `limit`.
absl::StatusOr<std::vector<Account>> After(sql::Transaction& transaction, std::int64_t after,
                                           std::int64_t limit);

// When each of these was last given another credential or address; those that never were are left
// out.
absl::StatusOr<std::map<std::int64_t, std::int64_t>> ReplacedAt(
    sql::Transaction& transaction, const std::vector<std::int64_t>& ids);

// See InsertRow, UpdateRow, DeleteRow in table.h.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Account& account);
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Account& account);
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id);

}  // namespace weir::admin::account_store
