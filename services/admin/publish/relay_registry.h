// Which relays are connected and what they serve by. In memory: a relay that is alive tells again.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/clock.h"

namespace weir::admin {

// What it tells of itself.
enum class RedisState { kNone, kUp, kAway };
enum class RedisUse { kLimits, kAnswers };
// Empty words: not known, or nothing to say.
struct RedisFigures {
  RedisUse use = RedisUse::kLimits;
  RedisState state = RedisState::kNone;
  std::string_view role;         // primary, replica
  std::string_view mode;         // standalone, cluster
  std::int64_t latency_us = 0;   // of a sign of life and its answer; 0 = not known
  std::string_view away_policy;  // local, open, closed: of limits that groups say nothing else of
};

struct RelayFigures {
  std::int64_t connections = 0;
  std::int64_t requests_in_flight = 0;
  std::int64_t streams = 0;
  std::int64_t requests_total = 0;  // since it began
  std::int64_t spool_events = 0;
  std::int64_t spool_bytes = 0;
  std::int64_t spool_oldest_ms = 0;  // Unix ms; 0 = it is empty, or the relay does not tell
  RedisState redis = RedisState::kNone;
  // Those that are set up, each use once; nothing: an older relay, which does not tell.
  std::optional<std::vector<RedisFigures>> redis_servers = std::vector<RedisFigures>();
};

struct RelayState {
  std::string id;
  std::string version;
  std::string address;
  bool connected = false;
  std::int64_t connected_since_ms = 0;
  std::int64_t last_seen_ms = 0;
  std::int64_t acked_revision = 0;
  std::int64_t acked_at_ms = 0;
  std::int64_t nacked_revision = 0;  // 0 = the last answer was an ack
  std::string nack_reason;
  std::int64_t sent_revision = 0;
  std::int64_t sent_at_ms = 0;  // when the last revision went out that is not acked; 0 = none
  std::optional<RelayFigures> figures = {};  // nothing: an older relay, or it has not told yet
};

// Relays know it, admin has none: it is away where one of them is without it.
RedisState RedisOf(const std::vector<RelayState>& relays);

// Thread-safe.
class RelayRegistry {
 public:
  explicit RelayRegistry(const Clock& clock) : clock_(clock) {}

  // Returns the number of this connection: a relay may connect again before its old stream is seen
  // to be dead, and the old one's end must not mark it as gone.
  std::uint64_t Connected(std::string_view id, std::string_view version, std::string_view address,
                          std::int64_t have_revision);
  void Disconnected(std::string_view id, std::uint64_t connection);
  void Sent(std::string_view id, std::int64_t revision);
  void Acked(std::string_view id, std::int64_t revision);
  void Nacked(std::string_view id, std::int64_t revision, std::string_view reason);
  void Seen(std::string_view id);
  void Told(std::string_view id, const RelayFigures& figures);

  // By id. Relays gone for more than ten minutes are left out and forgotten.
  std::vector<RelayState> List();

 private:
  struct Entry {
    RelayState state;
    std::uint64_t connection = 0;
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::uint64_t connections_ = 0;
  std::map<std::string, Entry, std::less<>> relays_;
};

}  // namespace weir::admin
