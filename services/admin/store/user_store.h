// The table of users. Each write goes to `changes` too, as relays know users.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"

namespace weir::admin::user_store {

// NotFound.
absl::StatusOr<User> Get(sql::Transaction& transaction, std::int64_t id);
// NotFound.
absl::StatusOr<User> FindByUsername(sql::Transaction& transaction, std::string_view username);
absl::StatusOr<Page<User>> List(sql::Transaction& transaction, const ListQuery& query);
// By id, those after `after`, at most `limit`.
absl::StatusOr<std::vector<User>> After(sql::Transaction& transaction, std::int64_t after,
                                        std::int64_t limit);

// See InsertRow, UpdateRow, DeleteRow in table.h.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    User& user);
absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    User& user);
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id);

// Makes `user` where there is no active administrator; false, and nothing is written, where there
// is one. Of several at once one is made.
absl::StatusOr<bool> InsertFirstAdmin(sql::Transaction& transaction, Changes& changes,
                                      std::int64_t now_ms, User& user);

// Before anything else of a log-in: false when `user`, as read before, is not active any more or
// has another password by now. Until the transaction ends nobody else changes that user, so whoever
// ends all log-ins after changing the user ends this one too. Not a change that relays or other
// administrators care about: no revision, no version.
absl::StatusOr<bool> NoteLogin(sql::Transaction& transaction, const User& user,
                               std::int64_t now_ms);
// Active administrators other than `except_id`.
// Before `user` is deleted, demoted or disabled: Conflict when nobody else could administer. Two
// such changes at once wait for each other.
absl::Status CheckAdminRemains(sql::Transaction& transaction, const User& user);
absl::StatusOr<std::int64_t> CountOtherAdmins(sql::Transaction& transaction,
                                              std::int64_t except_id);

}  // namespace weir::admin::user_store
