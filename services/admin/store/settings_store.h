// The one record of settings, and small facts about the database itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"

namespace weir::admin::settings_store {

absl::StatusOr<Settings> Get(sql::Transaction& transaction);
// Aborted when `settings.version` is no longer the stored one.
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Settings& settings);

// What signs playground tokens, if it still is `instead_of`. Not a change of the record: no
// version, no line in the audit log.
absl::Status SetPlaygroundSecret(sql::Transaction& transaction, Changes& changes,
                                 std::string_view sealed, std::string_view instead_of);

// Sets a mark that stays for ever; true when it was not there before.
absl::StatusOr<bool> SetMark(sql::Transaction& transaction, std::string_view name);

}  // namespace weir::admin::settings_store
