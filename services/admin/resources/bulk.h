// One change of many records: POST COLLECTION/bulk {ids | filter, expect_count, change | delete}.
#pragma once

#include <string_view>

#include "services/admin/resources/resource.h"

namespace weir::admin {

inline constexpr std::int64_t kBulkRecordsMax = 1'000;

// Changes each record as PATCH COLLECTION/{id} does, or deletes it as DELETE does, with their rules
// and their line in the audit log, one after the other: what fails is told by its id and stops none
// of the others. `filter` is the list's query. Conflict, and nothing is changed, when there are not
// `expect_count` of them. `routes` must have the collection's GET and its members' PATCH and
// DELETE.
Route BulkRoute(const Routes& routes, std::string_view collection, std::string_view path,
                std::string_view summary);

}  // namespace weir::admin
