// An account's request_url, taken apart: admin stores only what a relay can parse.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

struct UpstreamUrl {
  bool tls = true;
  std::string host;  // name or address, without brackets
  int port = 443;
  std::string host_header;  // host, and the port unless it is the scheme's own
  std::string base_path;    // "" or "/v1", never with a slash at its end

  std::string api_version;  // of an account's URL that names one, "2024-10-21"

  // What a connection may be shared by.
  std::string pool_key;  // "https://host:port"; with a proxy, the account and its proxy
};

// "https://api.example.com/v1/" -> its parts. http and https only; a name, an IPv4 address or an
// IPv6 address in brackets; no user, no query, no fragment. InvalidArgument says what is wrong
// without repeating the text, which could hold a password.
absl::StatusOr<UpstreamUrl> ParseUpstreamUrl(std::string_view text);

// The same with "?api-version=2024-10-21" behind it, or without: what Azure's accounts need.
absl::StatusOr<UpstreamUrl> ParseAccountUrl(std::string_view text);

}  // namespace weir
