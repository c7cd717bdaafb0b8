#include "services/relay/redis/redis_info.h"

namespace weir::relay {
namespace {

struct RoleWord {
  std::string_view line;
  RedisRole role;
};
struct ModeWord {
  std::string_view line;
  RedisMode mode;
};

// Redis's own words; a replica calls itself so only in newer forks.
constexpr RoleWord kRoles[] = {{"role:master", RedisRole::kPrimary},
                               {"role:primary", RedisRole::kPrimary},
                               {"role:slave", RedisRole::kReplica},
                               {"role:replica", RedisRole::kReplica}};
constexpr ModeWord kModes[] = {{"redis_mode:standalone", RedisMode::kStandalone},
                               {"redis_mode:cluster", RedisMode::kCluster}};

}  // namespace

RedisInfo ReadRedisInfo(std::string_view text, RedisInfo known) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (const RoleWord& word : kRoles) {
      if (line == word.line) known.role = word.role;
    }
    for (const ModeWord& word : kModes) {
      if (line == word.line) known.mode = word.mode;
    }
  }
  return known;
}

}  // namespace weir::relay
