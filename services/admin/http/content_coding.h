// How an answer may be packed for the client that asked (RFC 9110, 12.5.3).
#pragma once

#include <string_view>

#include "services/admin/http/message.h"

namespace weir::admin {

// `coding` as in "gzip". One that is named with q=0 is refused; any other weight lets us choose.
bool AcceptsCoding(const Request& request, std::string_view coding);

}  // namespace weir::admin
