// An account's request_url, parsed once when the snapshot arrives.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// "https://api.example.com/v1/" -> its parts. http and https only; a name, an IPv4 address or an
// IPv6 address in brackets; no user, no query, no fragment. InvalidArgument says what is wrong
// without repeating the text, which could hold a password.
absl::StatusOr<UpstreamUrl> ParseUpstreamUrl(std::string_view text);

}  // namespace weir::relay
