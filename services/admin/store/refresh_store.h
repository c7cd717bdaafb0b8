// Who renews which account's credential, and how it went. Whoever does claims the account's row, so
// that of several admins one does; what becomes of the tokens is guarded by the tokens themselves
// (oauth/token_refresher.h). Relays know nothing of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::admin {

struct RefreshState {
  std::string runner;              // who renews it now; empty = nobody
  std::int64_t run_until_ms = 0;   // when a silent runner is thought dead
  std::int64_t not_before_ms = 0;  // after a failure
  std::int64_t failures = 0;       // in a row
  std::int64_t failed_at_ms = 0;   // the last of them
  std::string last_error;          // in words
};

namespace refresh_store {

// Accounts that are due and that nobody renews, the longest due first.
absl::StatusOr<std::vector<std::int64_t>> Due(sql::Transaction& transaction, std::int64_t now_ms,
                                              std::int64_t limit);

// Of accounts that something is known of.
absl::StatusOr<std::map<std::int64_t, RefreshState>> StatesOf(
    sql::Transaction& transaction, const std::vector<std::int64_t>& account_ids);

// False when another runner has it, and is not thought dead at `now_ms`.
absl::StatusOr<bool> Claim(sql::Transaction& transaction, std::int64_t account_id,
                           std::string_view runner, std::int64_t now_ms, std::int64_t until_ms);

// Gives the claim back, if it is still this runner's.
absl::Status Release(sql::Transaction& transaction, std::int64_t account_id,
                     std::string_view runner);
// The same, with what became of it.
absl::Status NoteSuccess(sql::Transaction& transaction, std::int64_t account_id);
absl::Status NoteFailure(sql::Transaction& transaction, std::int64_t account_id,
                         const RefreshState& failure);

}  // namespace refresh_store
}  // namespace weir::admin
