#include "services/admin/resources/left_to_do.h"

#include "services/admin/resources/resource.h"
#include "services/admin/resources/unpriced_models.h"

namespace weir::admin {

absl::StatusOr<bool> NothingLeftToDo(Store& store, UsageClient& usage) {
  const auto unpriced = FindUnpriced(store, usage);
  if (!unpriced.ok()) return unpriced.status();
  const auto conflicts = ConflictsOfADay(store, usage);
  if (!conflicts.ok()) return conflicts.status();
  return unpriced->models.empty() && *conflicts == 0;
}

}  // namespace weir::admin
