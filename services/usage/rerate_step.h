// One step of a run that rates requests again: a piece of the requests, the lines that correct
// them, the sums that they are a part of, and the run's new place, all in the caller's transaction.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/rerating.h"

namespace weir::usage {

struct RerateStep {
  std::int64_t run_id = 0;
  std::string last_id = {};  // of the step before; empty = the first one
  std::int64_t events_max = 0;
  std::int64_t now_unix_ms = 0;
};

// False when it was the last one. The caller holds the lock under which all steps run, so that
// nobody else corrects a request in between. Errors of Transaction::Execute.
absl::StatusOr<bool> RunRerateStep(sql::Transaction& transaction, const RerateOrder& order,
                                   const RerateStep& step);

// Served models that one run tells apart; further ones are counted together under the name "".
inline constexpr std::size_t kRerateModelsMax = 1'000;

}  // namespace weir::usage
