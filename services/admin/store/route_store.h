// The table of model routes. Each write goes to `changes` too, as relays know routes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"

namespace weir::admin::route_store {

// NotFound.
absl::StatusOr<ModelRoute> Get(sql::Transaction& transaction, std::int64_t id);
// NotFound.
absl::StatusOr<ModelRoute> FindByName(sql::Transaction& transaction, std::string_view name);
absl::StatusOr<Page<ModelRoute>> List(sql::Transaction& transaction, const ListQuery& query);
// By id, those after `after`, at most `limit`.
absl::StatusOr<std::vector<ModelRoute>> After(sql::Transaction& transaction, std::int64_t after,
                                              std::int64_t limit);

// See InsertRow, UpdateRow, DeleteRow in table.h.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ModelRoute& route);
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    ModelRoute& route);
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id);

}  // namespace weir::admin::route_store
