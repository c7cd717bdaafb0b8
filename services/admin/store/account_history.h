// How accounts came to be as they are: each change of their status, or of what one of their models
// may serve, with its time, its reason and who saw it. For people; relays know nothing of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/model/types.h"
#include "services/admin/store/table.h"

namespace weir::admin {

struct AccountHistoryEntry {
  std::int64_t account_id = 0;
  std::int64_t at_ms = 0;
  std::string model = {};  // upstream model that it is about; empty = the whole account
  AccountStatus status = AccountStatus::kNormal;  // from then on
  std::string reason = {};                        // word of libs/common/reason.h; empty = well
  std::string source = {};       // relay, admin, refresh, check: who saw or decided it
  std::int64_t until_ms = 0;     // when it ends by itself; 0 = it does not, or nobody knows
  std::int64_t http_status = 0;  // of the upstream's answer; 0 = none
  std::string request_id = {};   // the request that showed it
  std::string seen_by = {};      // the relay's id, or the administrator's name
};

namespace account_history {

inline constexpr std::string_view kFromRelay = "relay";
inline constexpr std::string_view kFromAdmin = "admin";
inline constexpr std::string_view kFromRefresh = "refresh";
inline constexpr std::string_view kFromCheck = "check";

// Entries older than this, and all but this many of an account's newest, are taken away.
inline constexpr std::int64_t kKeptMs = 30LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kKeptPerAccount = 1'000;

absl::Status Note(sql::Transaction& transaction, const AccountHistoryEntry& entry);
// The account's status as it is now, if it differs from `before`.
absl::Status NoteStatus(sql::Transaction& transaction, const Account& before, const Account& now,
                        AccountHistoryEntry how);

// Of one account.
absl::StatusOr<Page<AccountHistoryEntry>> List(sql::Transaction& transaction,
                                               std::int64_t account_id, const ListQuery& query);
// Of each account, the last entry about its whole.
absl::StatusOr<std::map<std::int64_t, AccountHistoryEntry>> Latest(
    sql::Transaction& transaction, const std::vector<std::int64_t>& account_ids);

// How many went.
absl::StatusOr<std::int64_t> Prune(sql::Transaction& transaction, std::int64_t now_ms);

}  // namespace account_history
}  // namespace weir::admin
