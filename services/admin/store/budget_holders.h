// Who has a budget of money, walked by id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/model/types.h"

namespace weir::admin {

enum class BudgetHolderKind { kKeys, kUsers, kGroups };

struct BudgetHolder {
  std::int64_t id = 0;
  std::string name;
  Limits limits;
};

struct SomeBudgetHolders {
  std::vector<BudgetHolder> holders;
  std::int64_t last_id = 0;  // looked at up to this one
  bool is_end = false;
};

// Among the next `ids` ids behind `after_id`: so one question costs the same, however few of a
// million keys have a budget.
absl::StatusOr<SomeBudgetHolders> BudgetHolders(sql::Transaction& transaction,
                                                BudgetHolderKind kind, std::int64_t after_id,
                                                std::int64_t ids);

}  // namespace weir::admin
