#include "services/admin/publish/relay_registry.h"

#include <algorithm>

namespace weir::admin {
namespace {

constexpr std::int64_t kForgetAfterMs = 10LL * 60 * 1000;

}  // namespace

std::uint64_t RelayRegistry::Connected(std::string_view id, std::string_view version,
                                       std::string_view address, std::int64_t have_revision) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ms = clock_.NowUnixMs();
  Entry& entry = relays_[std::string(id)];
  entry.state = {.id = std::string(id),
                 .version = std::string(version),
                 .address = std::string(address),
                 .connected = true,
                 .connected_since_ms = now_ms,
                 .last_seen_ms = now_ms,
                 .acked_revision = have_revision,
                 .acked_at_ms = have_revision > 0 ? now_ms : 0,
                 .nacked_revision = 0,
                 .nack_reason = {},
                 .sent_revision = have_revision,
                 .sent_at_ms = 0,
                 .figures = {}};
  entry.connection = ++connections_;
  return entry.connection;
}

void RelayRegistry::Disconnected(std::string_view id, std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(id);
  if (found == relays_.end() || found->second.connection != connection) return;
  found->second.state.connected = false;
  found->second.state.last_seen_ms = clock_.NowUnixMs();
}

void RelayRegistry::Sent(std::string_view id, std::int64_t revision) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(id);
  if (found == relays_.end()) return;
  found->second.state.sent_revision = revision;
  found->second.state.sent_at_ms = clock_.NowUnixMs();
}

void RelayRegistry::Acked(std::string_view id, std::int64_t revision) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(id);
  if (found == relays_.end()) return;
  RelayState& state = found->second.state;
  state.acked_revision = revision;
  state.acked_at_ms = state.last_seen_ms = clock_.NowUnixMs();
  state.nacked_revision = 0;
  state.nack_reason.clear();
  if (revision >= state.sent_revision) state.sent_at_ms = 0;
}

void RelayRegistry::Nacked(std::string_view id, std::int64_t revision, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(id);
  if (found == relays_.end()) return;
  RelayState& state = found->second.state;
  state.last_seen_ms = clock_.NowUnixMs();
  state.nacked_revision = revision;
  state.nack_reason = reason.substr(0, 1000);
}

void RelayRegistry::Seen(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(id);
  if (found != relays_.end()) found->second.state.last_seen_ms = clock_.NowUnixMs();
}

void RelayRegistry::Told(std::string_view id, const RelayFigures& figures) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(id);
  if (found != relays_.end()) found->second.state.figures = figures;
}

std::vector<RelayState> RelayRegistry::List() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ms = clock_.NowUnixMs();
  std::erase_if(relays_, [&](const auto& entry) {
    const RelayState& state = entry.second.state;
    return !state.connected && now_ms - state.last_seen_ms > kForgetAfterMs;
  });
  std::vector<RelayState> states;
  states.reserve(relays_.size());
  for (const auto& [id, entry] : relays_) states.push_back(entry.state);
  return states;
}

RedisState RedisOf(const std::vector<RelayState>& relays) {
  RedisState state = RedisState::kNone;
  for (const RelayState& relay : relays) {
    if (relay.connected && relay.figures.has_value()) state = std::max(state, relay.figures->redis);
  }
  return state;
}

}  // namespace weir::admin
