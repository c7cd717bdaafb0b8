// Tables that tie records of one kind to groups: (record, group).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "libs/common/sql/database.h"
#include "services/admin/store/changes.h"

namespace weir::admin {

// Names are constants of ours.
struct GroupLinks {
  std::string_view table;
  std::string_view column;  // that names the record
};

// Adds the groups of each record, sorted, to the list that its id leads to.
absl::Status LoadGroupLinks(sql::Transaction& transaction, const GroupLinks& links,
                            const std::map<std::int64_t, std::vector<std::int64_t>*>& by_id);

// Puts these in place of what was there. An error of `group_ids` names a group that does not exist.
// Follows the write of the record itself, to whose entry in the audit log it adds.
absl::Status WriteGroupLinks(sql::Transaction& transaction, Changes& changes,
                             const GroupLinks& links, std::int64_t id,
                             const std::vector<std::int64_t>& group_ids);

}  // namespace weir::admin
