// Who somebody is at a provider: (issuer, subject) of a user. Nothing else ever tells a user by
// what a provider says. Relays know nothing of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/model/types.h"
#include "services/admin/store/table.h"

namespace weir::admin {

struct UserIdentity : Record {
  std::int64_t user_id = 0;
  std::string issuer;
  std::string subject;
  std::string label;  // what it is called there, for people
  bool operator==(const UserIdentity&) const = default;
};

namespace identity_store {

// NotFound.
absl::StatusOr<UserIdentity> Find(sql::Transaction& transaction, std::string_view issuer,
                                  std::string_view subject);
absl::StatusOr<std::vector<UserIdentity>> OfUser(sql::Transaction& transaction,
                                                 std::int64_t user_id);
// AlreadyExists: it is somebody's.
absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    UserIdentity& identity);
// NotFound when it is not this user's.
absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t user_id,
                    std::int64_t id);

// Uses a log-in's state up, which is remembered until `until_ms`; false when it was already. What
// ended before `now_ms` is forgotten.
absl::StatusOr<bool> UseState(sql::Transaction& transaction, std::string_view state_hash,
                              std::int64_t now_ms, std::int64_t until_ms);

}  // namespace identity_store
}  // namespace weir::admin
