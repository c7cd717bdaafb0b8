// The table of tallies, one row an hour and subject.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"
#include "services/usage/rollups.h"
#include "services/usage/tally.h"

namespace weir::usage {

// `tallies` with what the table has of the same keys, as rows to write. In the transaction of the
// events that are tallied, last of all roll-ups: other writers wait from here to its end, because
// two must not begin from the same row.
absl::StatusOr<RollupRows> MergedTallies(sql::Transaction& transaction,
                                         std::map<TallyKey, Tally> tallies);

// Tallies answer for a range, and then for accounts or for models, and for nothing else.
bool TalliesAnswer(const EventFilter& filter);

// One after the other, over the hours that `filter` touches, which TalliesAnswer.
using TallyVisitor = std::function<void(std::int64_t hour_unix_ms, const Tally& tally)>;
absl::Status VisitTallies(sql::Transaction& transaction, const EventFilter& filter,
                          const TallyVisitor& visit);

// All of them together.
absl::StatusOr<Tally> SumTallies(sql::Transaction& transaction, const EventFilter& filter);

}  // namespace weir::usage
