// What a Redis says of itself in its answer to INFO. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

enum class RedisRole : std::uint8_t { kUnknown, kPrimary, kReplica };
enum class RedisMode : std::uint8_t { kUnknown, kStandalone, kCluster };

struct RedisInfo {
  RedisRole role = RedisRole::kUnknown;
  RedisMode mode = RedisMode::kUnknown;

  bool operator==(const RedisInfo&) const = default;
};

// One section of INFO or several; what it does not say, or says in words that nobody knows, stays
// as it is in `known`.
RedisInfo ReadRedisInfo(std::string_view text, RedisInfo known);

}  // namespace weir::relay
