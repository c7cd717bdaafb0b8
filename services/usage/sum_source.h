// Out of which roll-ups a report is summed up: whole UTC days from days, the rest from
// quarter-hours, and these from the sums of one dimension where the question needs no more.
#pragma once

#include <string>
#include <vector>

#include "services/usage/event_filter.h"
#include "services/usage/report_sql.h"
#include "services/usage/series_spans.h"

namespace weir::usage {

// What stands behind FROM: rows with the columns of `by`, those of the sums, and begin_unix_ms,
// that together are `filter` (its range to the quarter-hour, and the lists of the dimensions). Its
// parameters go into `where`, whose own conditions must be empty.
std::string SummarySource(const EventFilter& filter, const std::vector<Dimension>& by,
                          WhereBuilder& where);

// The same over a run of buckets, each row within one of them; the range of `filter` is not looked
// at.
std::string SpanSource(const SeriesSpan& span, const EventFilter& filter,
                       const std::vector<Dimension>& by, WhereBuilder& where);

}  // namespace weir::usage
