// Lua that runs inside Redis, called by its hash.
#pragma once

#include <string_view>

namespace weir::relay {

struct RedisScript {
  std::string_view name;
  std::string_view text;
  std::string_view sha1;  // lower-case hex of `text`
};

}  // namespace weir::relay
