// Refusals in Google's shape (google.rpc.Status). No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/translate/neutral/upstream_error.h"

namespace weir::relay::gemini {

// The status that Google's own API would have answered with.
int ErrorStatus(int upstream_status);

// {"error":{…}}, appended.
void WriteError(const UpstreamError& error, std::string_view request_id, std::string& out);

}  // namespace weir::relay::gemini
