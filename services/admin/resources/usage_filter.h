// The parameters that narrow logs and summaries, as usage wants them.
#pragma once

#include <string>

#include "absl/status/status.h"

#include "services/admin/http/message.h"
#include "services/admin/http/route_doc.h"
#include "services/admin/model/problem.h"

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

// The 16 bytes of the parameter request_id; empty when it is not given.
std::string ReadRequestId(const Request& request, FieldErrors& errors);

}  // namespace weir::admin
