// The relay's own settings: what it needs to start. All else comes with the snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"
#include "libs/common/ip_block.h"
#include "libs/common/settings.h"
#include "services/relay/access_policy.h"
#include "services/relay/http/exchange.h"
#include "services/relay/redis/redis_link.h"
#include "services/relay/shared_cache/shared_cache.h"
#include "services/relay/streams/stream_registry.h"
#include "services/relay/tracing/trace_settings.h"

namespace weir::relay {

struct Config {
  std::string listen;
  std::string ops_listen;
  std::string data_dir;
  std::string admin_target;
  std::string usage_target;
  std::string upstream_ca_file;
  std::string relay_id;
  std::string log_level;
  std::vector<IpBlock> trusted_proxies = {};  // whose X-Forwarded-For is believed
  AccessPolicy access;
  TracePolicy tracing;
  std::optional<TraceCollector> trace_collector;  // nothing: nobody is told of spans
  int threads = 0;
  int attempts_max = 3;
  std::int64_t buffered_bytes_max = 0;  // never 0 once loaded
  std::int64_t retry_percent = 0;
  std::int64_t retries_per_second_min = 0;
  std::int64_t upstream_idle_timeout_ms = 0;
  std::int64_t drain_timeout_ms = 0;
  std::int64_t drain_delay_ms = 0;
  std::int64_t spool_bytes_max = 0;
  std::int64_t spool_sync_ms = 0;
  std::int64_t usage_batch_age_ms = 0;
  bool serve_unrecorded = false;  // also while the spool is full
  std::int64_t cache_bytes = 0;
  std::int64_t body_queue_bytes = 0;
  ResumeLimits resume;
  HttpLimits limits;
  std::optional<RedisOptions> redis;               // nothing: limits are this relay's own
  std::optional<SharedCacheOptions> shared_cache;  // nothing: so are its cached answers
  std::string redis_prefix;                        // of the keys in both
  GrpcSecurity security;
  Secret snapshot_file_secret;  // what the copy on disk is sealed with; empty = its own key

  // Of the events and of the requests under way.
  std::string spool_folder() const { return data_dir + "/spool"; }
  std::string snapshot_path() const { return data_dir + "/snapshot"; }
};

// The table of all settings; see --help.
Settings RelaySettingsTable();

// InvalidArgument names the setting that is wrong.
absl::StatusOr<Config> LoadConfig(const Settings& settings);

}  // namespace weir::relay
