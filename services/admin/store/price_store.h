// The table of prices. Each write goes to `changes` too, as relays know prices.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"

namespace weir::admin::price_store {

// NotFound.
absl::StatusOr<Price> Get(sql::Transaction& transaction, std::int64_t id);
// NotFound.
absl::StatusOr<Price> Find(sql::Transaction& transaction, std::string_view provider,
                           std::string_view model, std::int64_t effective_from_ms);
absl::StatusOr<Page<Price>> List(sql::Transaction& transaction, const ListQuery& query);
// By id, those after `after`, at most `limit`.
absl::StatusOr<std::vector<Price>> After(sql::Transaction& transaction, std::int64_t after,
                                         std::int64_t limit);

// See InsertRow, UpdateRow, DeleteRow in table.h.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Price& price);
// The same of each, in their order, with ids in a row.
absl::Status InsertMany(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                        const std::vector<Price*>& prices);
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Price& price);
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id);

}  // namespace weir::admin::price_store
