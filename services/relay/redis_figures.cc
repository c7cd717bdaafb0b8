#include "services/relay/redis_figures.h"

#include <algorithm>

#include "services/relay/loop_worker.h"

namespace weir::relay {
namespace {

v1::RedisRole ProtoOf(RedisRole role) {
  switch (role) {
    case RedisRole::kPrimary:
      return v1::REDIS_ROLE_PRIMARY;
    case RedisRole::kReplica:
      return v1::REDIS_ROLE_REPLICA;
    case RedisRole::kUnknown:
      break;
  }
  return v1::REDIS_ROLE_UNSPECIFIED;
}

v1::RedisMode ProtoOf(RedisMode mode) {
  switch (mode) {
    case RedisMode::kStandalone:
      return v1::REDIS_MODE_STANDALONE;
    case RedisMode::kCluster:
      return v1::REDIS_MODE_CLUSTER;
    case RedisMode::kUnknown:
      break;
  }
  return v1::REDIS_MODE_UNSPECIFIED;
}

v1::RedisAwayPolicy ProtoOf(RedisAwayPolicy policy) {
  switch (policy) {
    case RedisAwayPolicy::kOpen:
      return v1::REDIS_AWAY_POLICY_OPEN;
    case RedisAwayPolicy::kClosed:
      return v1::REDIS_AWAY_POLICY_CLOSED;
    case RedisAwayPolicy::kLocal:
    case RedisAwayPolicy::kUnset:
      break;
  }
  return v1::REDIS_AWAY_POLICY_LOCAL;
}

// One loop without it is one that is away; the slowest loop tells how slow it is.
template <class Of>
void Add(const Workers& workers, Of of, v1::RedisFigures& out) {
  out.set_state(v1::REDIS_STATE_UP);
  for (const auto& worker : workers) {
    const RedisCounters& counters = of(*worker);
    if (counters.up.load(std::memory_order_relaxed) == 0) out.set_state(v1::REDIS_STATE_AWAY);
    const auto took_us =
        static_cast<std::int64_t>(counters.round_trip_us.load(std::memory_order_relaxed));
    out.set_latency_us(std::max(out.latency_us(), took_us));
    const RedisRole role = counters.role.load(std::memory_order_relaxed);
    if (role != RedisRole::kUnknown) out.set_role(ProtoOf(role));
    const RedisMode mode = counters.mode.load(std::memory_order_relaxed);
    if (mode != RedisMode::kUnknown) out.set_mode(ProtoOf(mode));
  }
  if (out.state() == v1::REDIS_STATE_AWAY) out.set_latency_us(0);
}

}  // namespace

void AddRedisFigures(const Workers& workers, RedisSetUp set_up, RedisAwayPolicy policy,
                     v1::RelayFigures& figures) {
  if (set_up.for_limits) {
    v1::RedisFigures& out = *figures.add_redis_servers();
    out.set_use(v1::REDIS_USE_LIMITS);
    out.set_away_policy(ProtoOf(policy));
    Add(
        workers,
        [](const LoopWorker& worker) -> const RedisCounters& { return worker.redis_counters(); },
        out);
  }
  if (set_up.for_answers) {
    v1::RedisFigures& out = *figures.add_redis_servers();
    out.set_use(v1::REDIS_USE_ANSWERS);
    Add(
        workers,
        [](const LoopWorker& worker) -> const RedisCounters& {
          return worker.cache_redis_counters();
        },
        out);
  }
  for (const v1::RedisFigures& server : figures.redis_servers()) {
    figures.set_redis(std::max(figures.redis(), server.state()));
  }
}

}  // namespace weir::relay
