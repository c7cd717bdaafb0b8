// How each field of a request body is read that matters to the relay. For request_scan.cc. No I/O.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "absl/status/status.h"

#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

// One member of the outermost object, into `facts`; names that are not read are skipped. The errors
// of ScanRequest.
absl::Status ScanField(Dialect dialect, std::string_view name, simdjson::ondemand::value value,
                       std::string_view body, RequestFacts& facts);

}  // namespace weir::relay
