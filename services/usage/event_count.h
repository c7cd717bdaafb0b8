// How many events match a filter, without looking at each where that can be helped.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"

namespace weir::usage {

// What sums do not know is counted up to here.
inline constexpr std::int64_t kCountedRowsMax = 10'000;

struct EventCount {
  std::int64_t events = 0;
  bool at_least = false;  // there are more: kCountedRowsMax were counted
};

// Those of the filter's models that sums count as kUnknownModel: rows, so far. None where the
// filter names no model, or kUnknownModel itself.
absl::StatusOr<EventCount> CountUnknownModels(sql::Transaction& transaction, EventFilter filter);

// A range and the dimensions of roll-ups are summed, and only the quarter-hours that the range cuts
// are looked at row by row; all other filters are counted row by row, so far. What retention is
// about to take away counts no more. Errors of Transaction::Execute.
// `forced_index` is "" or SQLite's "INDEXED BY …", for rows that are looked at.
absl::StatusOr<EventCount> CountEvents(sql::Transaction& transaction, const EventFilter& filter,
                                       std::string_view forced_index = "");

}  // namespace weir::usage
