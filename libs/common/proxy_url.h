// An account's proxy, taken apart: admin stores only what a relay can parse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir {

enum class ProxyKind : std::uint8_t { kHttpConnect, kSocks5 };

struct ProxyUrl {
  ProxyKind kind = ProxyKind::kHttpConnect;
  std::string host;  // name or address, without brackets
  int port = 0;
  std::string username;  // empty = no authentication
  Secret password;
};

// "http://user:password@host:3128" or "socks5://host:1080" (socks5h:// is the same here: the proxy
// always resolves the upstream's name). User and password may be percent-encoded. InvalidArgument
// says what is wrong without repeating the text, which may hold a password.
absl::StatusOr<ProxyUrl> ParseProxyUrl(std::string_view text);

}  // namespace weir
