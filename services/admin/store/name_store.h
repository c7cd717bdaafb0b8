// What the things are called that reports count by.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::admin::name_store {

enum class Kind { kKey, kUser, kGroup, kAccount };

// Id -> name; absent = deleted, or never there.
absl::StatusOr<std::map<std::int64_t, std::string>> NamesOf(sql::Transaction& transaction,
                                                            Kind kind,
                                                            const std::vector<std::int64_t>& ids);

}  // namespace weir::admin::name_store
