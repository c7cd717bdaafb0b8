#include "services/admin/publish/relay_report.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

RedisState RedisOf(v1::RedisState state) {
  if (state == v1::REDIS_STATE_AWAY) return RedisState::kAway;
  return state == v1::REDIS_STATE_UP ? RedisState::kUp : RedisState::kNone;
}

std::string_view WordOf(v1::RedisRole role) {
  if (role == v1::REDIS_ROLE_PRIMARY) return "primary";
  return role == v1::REDIS_ROLE_REPLICA ? "replica" : "";
}

std::string_view WordOf(v1::RedisMode mode) {
  if (mode == v1::REDIS_MODE_STANDALONE) return "standalone";
  return mode == v1::REDIS_MODE_CLUSTER ? "cluster" : "";
}

std::string_view WordOf(v1::RedisAwayPolicy policy) {
  switch (policy) {
    case v1::REDIS_AWAY_POLICY_LOCAL:
      return "local";
    case v1::REDIS_AWAY_POLICY_OPEN:
      return "open";
    case v1::REDIS_AWAY_POLICY_CLOSED:
      return "closed";
    default:
      return "";
  }
}

std::optional<RedisUse> UseOf(v1::RedisUse use) {
  if (use == v1::REDIS_USE_LIMITS) return RedisUse::kLimits;
  if (use == v1::REDIS_USE_ANSWERS) return RedisUse::kAnswers;
  return std::nullopt;
}

// Each use once: a relay that tells more is no relay of ours.
std::optional<std::vector<RedisFigures>> ServersOf(const v1::RelayFigures& told) {
  std::vector<RedisFigures> servers;
  for (const v1::RedisFigures& server : told.redis_servers()) {
    const std::optional<RedisUse> use = UseOf(server.use());
    const auto same = [&](const RedisFigures& known) { return known.use == use; };
    if (!use.has_value() || std::any_of(servers.begin(), servers.end(), same)) continue;
    servers.push_back({.use = *use,
                       .state = RedisOf(server.state()),
                       .role = WordOf(server.role()),
                       .mode = WordOf(server.mode()),
                       .latency_us = std::max<std::int64_t>(server.latency_us(), 0),
                       .away_policy = WordOf(server.away_policy())});
  }
  if (servers.empty() && told.redis() != v1::REDIS_STATE_UNSPECIFIED) return std::nullopt;
  return servers;
}

}  // namespace

RelayFigures FiguresOf(const v1::RelayFigures& told) {
  return {.connections = told.connections(),
          .requests_in_flight = told.requests_in_flight(),
          .streams = told.streams(),
          .requests_total = told.requests_total(),
          .spool_events = told.spool_events(),
          .spool_bytes = told.spool_bytes(),
          .spool_oldest_ms = told.spool_oldest_unix_ms(),
          .redis = RedisOf(told.redis()),
          .redis_servers = ServersOf(told)};
}

}  // namespace weir::admin
