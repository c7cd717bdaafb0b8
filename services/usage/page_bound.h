// How far a page of the log looks for rows that no index knows.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"

namespace weir::usage {

// So many rows are looked at for one page, and counted for its total. A page that finds few, or
// nothing, among them says how far it came, and the next one goes on there: none takes longer for
// the ledger being large.
inline constexpr std::int64_t kWalkedRowsMax = 10'000;
// Rows of one user, or failures, lie apart from each other, and each costs so many times as much.
inline constexpr std::int64_t kScatteredRowCost = 4;

// What of the filter an index gives in the order of time: the range, whose requests, failures and
// other kinds that are few.
EventFilter IndexedPart(const EventFilter& filter);

// The time of the last row that the page looks at, those of the same time included; nothing when it
// may look at all of them. `begin_unix_ms` is the time that a cursor has come to, nothing without
// one.
absl::StatusOr<std::optional<std::int64_t>> FindPageBound(sql::Transaction& transaction,
                                                          const EventFilter& filter, bool ascending,
                                                          std::optional<std::int64_t> begin_unix_ms,
                                                          std::int64_t walked_rows_max);

}  // namespace weir::usage
