// The parameters that narrow logs and summaries, as usage wants them.
#pragma once

#include <array>
#include <string_view>

#include "absl/status/status.h"

#include "services/admin/http/message.h"

namespace weir::v1 {
class EventFilter;
}

namespace weir::admin {

// Parameters that ReadUsageFilter reads; each list may be given by repeating its name.
inline constexpr std::array<std::string_view, 11> kUsageFilterNames = {
    "from",  "to",     "user_id",     "key_id", "group_id", "account_id",
    "model", "status", "error_class", "search", "scope"};

// A plain user's filter, and one with scope=mine, narrows to the caller. InvalidArgument names the
// parameters that are wrong; unknown ones are for the caller to refuse.
absl::Status ReadUsageFilter(const Request& request, const Caller& caller,
                             weir::v1::EventFilter& filter);

}  // namespace weir::admin
