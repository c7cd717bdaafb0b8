// The parameters that narrow logs and summaries, as usage wants them.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "absl/status/status.h"

#include "services/admin/http/message.h"

namespace weir::v1 {
class EventFilter;
}

namespace weir::admin {

// Parameters that ReadUsageFilter reads; each list may be given by repeating its name.
inline constexpr std::array<std::string_view, 20> kUsageFilterNames = {
    "from",        "to",        "tz",     "scope",        "user_id",    "key_id",     "group_id",
    "account_id",  "model",     "status", "served_model", "protocol",   "request_id", "complete",
    "error_class", "cache_hit", "stream", "client_ip",    "user_agent", "search"};

// OK when every parameter is one of those above, or of `others`.
absl::Status CheckLogParameters(const Request& request,
                                std::initializer_list<std::string_view> others);
// The same for reports out of roll-ups, which know fewer: from, to, tz, scope, model and the ids.
absl::Status CheckReportParameters(const Request& request,
                                   std::initializer_list<std::string_view> others);

// A plain user's filter, and one with scope=mine, narrows to the caller. from and to may be days,
// which begin in the zone `tz`. InvalidArgument names the parameters that are wrong; unknown ones
// are for the two above to refuse.
absl::Status ReadUsageFilter(const Request& request, const Caller& caller,
                             weir::v1::EventFilter& filter);

}  // namespace weir::admin
