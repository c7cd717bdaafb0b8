// Where Redis is, from one setting. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir::relay {

struct RedisUrl {
  std::string host;  // name or address, without brackets
  int port = 6379;
  std::string username;  // empty = Redis's default user
  Secret password;       // empty = no authentication
  int database = 0;
};

// "redis://user:password@host:port/database"; all but the host may be left out, a password alone is
// ":password@". User and password may be percent-encoded. rediss:// is refused: Debian's hiredis
// has no TLS. InvalidArgument says what is wrong without repeating the text.
absl::StatusOr<RedisUrl> ParseRedisUrl(std::string_view text);

}  // namespace weir::relay
