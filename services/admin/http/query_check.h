// The query of a request against what its route says of it.
#pragma once

#include "absl/status/status.h"

#include "services/admin/http/message.h"
#include "services/admin/http/route_doc.h"

namespace weir::admin {

// InvalidArgument names every parameter that is not known, not of its form, there too often or
// missing, and a range (from, to or before, in the zone tz) that ends before it begins.
absl::Status CheckQuery(const Request& request, const QueryParameters& parameters,
                        bool takes_more = false);

}  // namespace weir::admin
