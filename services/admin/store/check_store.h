// How the last check of each account went. Relays know nothing of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::admin {

struct AccountCheck {
  std::int64_t checked_at_ms = 0;  // 0 = never
  bool good = false;
  std::string reason;            // word of libs/common/reason.h; empty = good
  std::string message;           // in words
  std::int64_t http_status = 0;  // 0 = no answer
  std::int64_t took_ms = 0;
  std::string model;     // that was asked for
  std::string relay_id;  // that asked
};

namespace check_store {

// Instead of the one before; NotFound when the account is gone.
absl::Status Put(sql::Transaction& transaction, std::int64_t account_id, const AccountCheck& check);

// Of accounts that were checked.
absl::StatusOr<std::map<std::int64_t, AccountCheck>> Of(
    sql::Transaction& transaction, const std::vector<std::int64_t>& account_ids);

// Session accounts in service whose last check began before `before_ms`, the longest ago first.
absl::StatusOr<std::vector<std::int64_t>> DueSessions(sql::Transaction& transaction,
                                                      std::int64_t before_ms);

}  // namespace check_store
}  // namespace weir::admin
