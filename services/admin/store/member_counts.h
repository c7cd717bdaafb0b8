// How many belong to a record: what a group ties together, how many keys a user has. Bounded, as
// totals of lists are: a million is not counted for a number on a page.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/store/table.h"

namespace weir::admin::member_counts {

struct GroupMembers {
  RowTotal accounts;
  RowTotal normal;  // of the accounts: those that serve this moment
  RowTotal keys;
  RowTotal users;
};

// By group; those that do not exist are left out.
absl::StatusOr<std::map<std::int64_t, GroupMembers>> OfGroups(sql::Transaction& transaction,
                                                              const std::vector<std::int64_t>& ids,
                                                              std::int64_t now_ms);
// By user.
absl::StatusOr<std::map<std::int64_t, RowTotal>> KeysOfUsers(sql::Transaction& transaction,
                                                             const std::vector<std::int64_t>& ids);

}  // namespace weir::admin::member_counts
