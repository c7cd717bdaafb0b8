// The parameters that narrow logs and summaries, as usage wants them.
#pragma once

#include "absl/status/status.h"

#include "services/admin/http/message.h"
#include "services/admin/http/route_doc.h"

namespace weir::v1 {
class EventFilter;
}

namespace weir::admin {

// What ReadUsageFilter reads, then `others`.
QueryParameters LogParameters(const QueryParameters& others = {});
// The same for reports out of roll-ups, which know fewer: from, to, tz, scope, model and the ids.
QueryParameters ReportParameters(const QueryParameters& others = {});

// A plain user's filter, and one with scope=mine, narrows to the caller. from and to may be days,
// which begin in the zone `tz`. InvalidArgument names the parameters that are wrong beyond what the
// router checks.
absl::Status ReadUsageFilter(const Request& request, const Caller& caller,
                             weir::v1::EventFilter& filter);

}  // namespace weir::admin
