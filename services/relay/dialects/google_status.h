// The word that Google's APIs have for a status (google.rpc.Code). No I/O.
#pragma once

#include <string_view>

namespace weir::relay {

std::string_view GoogleWord(int http_status);

}  // namespace weir::relay
