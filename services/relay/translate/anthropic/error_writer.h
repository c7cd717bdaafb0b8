// Refusals in Anthropic's shape. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/translate/neutral/upstream_error.h"

namespace weir::relay::anthropic {

// The status that Anthropic's own API would have answered with.
int ErrorStatus(int upstream_status);

// {"type":"error","error":{…},"request_id":…}, appended.
void WriteError(const UpstreamError& error, std::string_view request_id, std::string& out);

// The same as the event that ends a stream.
void WriteErrorEvent(const UpstreamError& error, std::string_view request_id, std::string& out);

}  // namespace weir::relay::anthropic
