#include "services/relay/config.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "libs/common/client_address.h"
#include "libs/common/cost.h"
#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/relay/memory_limit.h"

namespace weir::relay {
namespace {

using Kind = SettingKind;
constexpr std::int64_t kHourMs = 3'600'000;

// The URL in setting `name`; empty = none.
absl::StatusOr<std::optional<RedisOptions>> LoadRedis(const Settings& settings,
                                                      const std::string& name,
                                                      std::string_view timeout_name) {
  const std::string& url = settings.Text(name);
  if (url.empty()) return std::optional<RedisOptions>();
  absl::StatusOr<RedisUrl> parsed = ParseRedisUrl(url);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(StrCat(name, " ", parsed.status().message()));
  }
  RedisOptions options;
  options.url = *std::move(parsed);
  options.reply_timeout_ms = settings.Integer(timeout_name);
  options.failures_max = static_cast<int>(settings.Integer("redis_failures_max"));
  options.retry_ms = settings.Integer("redis_retry_ms");
  return options;
}

absl::Status LoadBothRedis(const Settings& settings, Config& config) {
  config.redis_prefix = settings.Text("redis_prefix");
  auto limits = LoadRedis(settings, "redis_url", "redis_timeout_ms");
  if (!limits.ok()) return limits.status();
  config.redis = *std::move(limits);
  auto answers = LoadRedis(settings, "cache_redis_url", "cache_redis_timeout_ms");
  if (!answers.ok()) return answers.status();
  if (!answers->has_value()) return absl::OkStatus();
  SharedCacheOptions& cache = config.shared_cache.emplace();
  cache.redis = **std::move(answers);
  cache.answer_bytes_max = static_cast<std::size_t>(settings.Integer("cache_redis_answer_bytes"));
  return absl::OkStatus();
}

absl::Status LoadSpoolPolicy(const Settings& settings, Config& config) {
  const std::string& policy = settings.Text("spool_full_policy");
  if (policy != "block" && policy != "shed") {
    return absl::InvalidArgumentError(
        StrCat("spool_full_policy is '", policy, "'; it must be block or shed"));
  }
  config.serve_unrecorded = policy == "shed";
  return absl::OkStatus();
}

absl::Status LoadTracing(const Settings& settings, Config& config) {
  absl::StatusOr<TracePolicy> policy = LoadTracePolicy(settings);
  if (!policy.ok()) return policy.status();
  config.tracing = *std::move(policy);
  auto collector = LoadTraceCollector(settings);
  if (!collector.ok()) return collector.status();
  config.trace_collector = *std::move(collector);
  return absl::OkStatus();
}

// Not the key of a certificate: those are renewed, and the copy must open after it. Empty when the
// relay is to make one of its own.
absl::StatusOr<Secret> LoadSnapshotSecret(const Settings& settings, const GrpcSecurity& security) {
  const std::string& path = settings.Text("snapshot_key_file");
  return path.empty() ? security.token : ReadSecretFile(path);
}

// All but those of traces.
std::vector<Setting> OwnSettings() {
  return {
      {"listen", Kind::kText, "0.0.0.0:8080", "Where clients connect, host:port."},
      {"trusted_proxies", Kind::kText, "",
       "Addresses and blocks of load balancers before the relay, separated by commas: their "
       "X-Forwarded-For tells who asks (allowed addresses, log); nobody else's is believed."},
      {"ops_listen", Kind::kText, "127.0.0.1:9080", "Where /health, /ready and /metrics are."},
      {"data_dir", Kind::kText, "./data/relay",
       "Folder of the spool and of the snapshot's copy; one relay each."},
      {"snapshot_key_file", Kind::kText, "",
       "File with the secret that the snapshot's copy is sealed with (mode 0600); empty = the "
       "internal token, or without one snapshot.key in data_dir, made at the first start."},
      {"admin_target", Kind::kText, "127.0.0.1:9081", "Admin's gRPC, host:port."},
      {"usage_target", Kind::kText, "127.0.0.1:9082", "Usage's gRPC, host:port."},
      {"internal_token_file", Kind::kText, "",
       "File with the token that the services share (mode 0600)."},
      {"grpc_tls_cert_file", Kind::kText, "",
       "Certificate for mTLS between services, PEM; its role is a DNS name: relay."},
      {"grpc_tls_key_file", Kind::kText, "", "Its private key, PEM."},
      {"grpc_tls_ca_file", Kind::kText, "", "The authority that signed the services, PEM."},
      {"upstream_ca_file", Kind::kText, "",
       "Authorities that upstream certificates are checked against, PEM; empty = the "
       "system's."},
      {
          "relay_id",
          Kind::kText,
          "",
          "Name of this relay, unique among all; empty = a random one.",
      },
      {"log_level", Kind::kLogLevel, "info", "debug, info, warning or error."},
      {"access_log", Kind::kFlag, "false",
       "A line in the log for each request, or for the share that access_log_ppm says."},
      {"access_log_ppm", Kind::kInteger, "1000000",
       "Of a million requests that went well and were quick, so many have a line; all others "
       "always "
       "have one.",
       0, kPpmOne},
      {"access_log_slow_ms", Kind::kInteger, "60000",
       "What took so long was not quick; 0 = the time does not matter.", 0, 24 * kHourMs},
      {"threads", Kind::kInteger, "0", "Loops; 0 = one for each core.", 0, 256},
      {"attempts_max", Kind::kInteger, "3", "Accounts tried for one request.", 1, 20},
      {"retry_percent", Kind::kInteger, "20",
       "Attempts after a request's first, as a share of the requests; beyond it and the "
       "next setting a failure is final.",
       0, 1000},
      {"retries_per_second_min", Kind::kInteger, "10",
       "So many such attempts are always allowed, with bursts of ten seconds' worth.", 0, 100'000},
      {"request_head_bytes_max", Kind::kInteger, "65536", "Largest request head.", 1024, 1 << 20},
      {"request_body_bytes_max", Kind::kInteger, "33554432", "Largest request body (32 MiB).", 1024,
       1 << 30},
      {"buffered_bytes_max", Kind::kInteger, "0",
       "Most bytes of requests and answers held in memory at once; beyond it requests are "
       "refused with 503. 0 = half of the memory that the process may have.",
       0, std::int64_t{1} << 44},
      {"request_head_timeout_ms", Kind::kInteger, "15000",
       "First byte of a request until the end of its head.", 100, kHourMs},
      {"request_body_timeout_ms", Kind::kInteger, "30000",
       "Longest pause while a request's body comes.", 100, kHourMs},
      {"client_write_timeout_ms", Kind::kInteger, "60000",
       "How long a client may not read before it is given up.", 100, kHourMs},
      {"keep_alive_timeout_ms", Kind::kInteger, "75000",
       "How long a client's connection may be idle.", 100, kHourMs},
      {"websocket_idle_ms", Kind::kInteger, "3600000",
       "How long a client's WebSocket (GET /v1/responses) may be idle; 0 = no WebSockets, such "
       "clients get 426 and turn to POST.",
       0, 24 * kHourMs},
      {"upstream_idle_timeout_ms", Kind::kInteger, "90000",
       "How long an upstream connection is kept for the next request.", 100, kHourMs},
      {"drain_timeout_ms", Kind::kInteger, "300000",
       "After SIGTERM: how long answers under way may take to end.", 0, kHourMs},
      {"drain_delay_ms", Kind::kInteger, "0",
       "After SIGTERM: how long connections are still taken while /ready says no, so that a "
       "balancer "
       "which asks it hears of it first. Kubernetes's preStop does the same.",
       0, kHourMs},
      {"drain_idle_ms", Kind::kInteger, "3000",
       "After SIGTERM: how long a kept connection without a request stays open. A balancer may "
       "send "
       "a request on it at the moment it is closed, and must not repeat that one elsewhere.",
       0, kHourMs},
      {"spool_bytes_max", Kind::kInteger, "1073741824",
       "Usage not yet acknowledged, on disk (1 GiB); spool_full_policy says what is beyond it.",
       16 << 20, std::int64_t{1} << 40},
      {"spool_full_policy", Kind::kText, "block",
       "What a full spool or disk does: block = requests are refused until there is room, so "
       "that nothing goes unrecorded; shed = they are served, and what finds no room is lost "
       "and counted (weir_relay_events_unrecorded_total)."},
      {"resume_window_ms", Kind::kInteger, "60000",
       "How long a resumable stream waits for its client, and is kept after its end; 0 = "
       "streams "
       "do not resume.",
       0, kHourMs},
      {"resume_stream_bytes", Kind::kInteger, "1048576",
       "Last events that are kept of one resumable stream (1 MiB).", 4096, 1 << 30},
      {"resume_bytes", Kind::kInteger, "67108864", "And of all of them together (64 MiB).", 4096,
       std::int64_t{1} << 40},
      {"cache_bytes", Kind::kInteger, "67108864",
       "Memory of the response cache, for keys and groups that have it on (64 MiB); 0 = none.", 0,
       std::int64_t{1} << 40},
      {"body_queue_bytes", Kind::kInteger, "33554432",
       "Memory of request and answer bodies that are being recorded or wait to be stored, for "
       "keys and groups that have it on (32 MiB); what finds no room is not recorded "
       "(weir_relay_bodies_shed_total).",
       1 << 20, std::int64_t{1} << 40},
      {"spool_sync_ms", Kind::kInteger, "1000",
       "How often the spool is forced to the disk; bounds what a power loss can take.", 10, 60'000},
      {"usage_batch_age_ms", Kind::kInteger, "250",
       "How long a usage event may wait for others before it is sent to usage. It is in the "
       "spool meanwhile, and no budget waits for it; shorter wakes both services more often.",
       1, 60'000},
      {"redis_url", Kind::kText, "",
       "Redis that relays share rate limits through, redis://user:password@host:port/database; "
       "empty = each relay counts alone."},
      {"redis_url_file", Kind::kText, "",
       "File with that URL instead (mode 0600), since it may hold a password."},
      {"redis_prefix", Kind::kText, "weir",
       "What Weir's keys in Redis begin with; the same for all relays of one admin."},
      {"redis_timeout_ms", Kind::kInteger, "50", "Longest wait of a request for Redis's answer.", 1,
       10'000},
      {"redis_failures_max", Kind::kInteger, "3",
       "Failures in a row after which Redis is not asked for a while.", 1, 1'000},
      {"redis_retry_ms", Kind::kInteger, "1000", "How long that while is.", 10, kHourMs},
      {"cache_redis_url", Kind::kText, "",
       "Redis that relays share cached answers through; empty = each relay's are its own. May "
       "be the same server as redis_url."},
      {"cache_redis_url_file", Kind::kText, "", "File with that URL instead (mode 0600)."},
      {"cache_redis_timeout_ms", Kind::kInteger, "50",
       "Longest wait of a request for an answer from there.", 1, 10'000},
      {"cache_redis_answer_bytes", Kind::kInteger, "1048576",
       "Largest answer that is kept there (1 MiB).", 1024, 16 << 20},
  };
}

}  // namespace

Settings RelaySettingsTable() {
  std::vector<Setting> table = OwnSettings();
  const std::vector<Setting> traces = TraceSettings();
  table.insert(table.end(), traces.begin(), traces.end());
  return Settings(
      "weir-relay", "WEIR_RELAY",
      "proxies and streams model traffic, picks the account, meters every request. `weir-relay "
      "health`, `ready` and `log-level` ask the one that runs.",
      std::move(table));
}

absl::StatusOr<Config> LoadConfig(const Settings& settings) {
  Config config;
  config.listen = settings.Text("listen");
  config.ops_listen = settings.Text("ops_listen");
  config.data_dir = settings.Text("data_dir");
  config.admin_target = settings.Text("admin_target");
  config.usage_target = settings.Text("usage_target");
  config.upstream_ca_file = settings.Text("upstream_ca_file");
  config.log_level = settings.Text("log_level");
  config.access = {.on = settings.Flag("access_log"),
                   .sample_ppm = settings.Integer("access_log_ppm"),
                   .slow_ms = settings.Integer("access_log_slow_ms")};
  config.relay_id = settings.Text("relay_id");
  if (config.relay_id.empty()) config.relay_id = StrCat("relay-", RandomHex(6));
  config.threads = static_cast<int>(settings.Integer("threads"));
  if (config.threads == 0) {
    config.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  config.buffered_bytes_max = settings.Integer("buffered_bytes_max");
  if (config.buffered_bytes_max == 0) config.buffered_bytes_max = MemoryLimitBytes() / 2;
  config.attempts_max = static_cast<int>(settings.Integer("attempts_max"));
  config.retry_percent = settings.Integer("retry_percent");
  config.retries_per_second_min = settings.Integer("retries_per_second_min");
  config.upstream_idle_timeout_ms = settings.Integer("upstream_idle_timeout_ms");
  config.drain_timeout_ms = settings.Integer("drain_timeout_ms");
  config.drain_delay_ms = settings.Integer("drain_delay_ms");
  config.spool_bytes_max = settings.Integer("spool_bytes_max");
  config.spool_sync_ms = settings.Integer("spool_sync_ms");
  config.usage_batch_age_ms = settings.Integer("usage_batch_age_ms");
  config.resume.window_ms = settings.Integer("resume_window_ms");
  config.resume.stream_bytes_max =
      static_cast<std::size_t>(settings.Integer("resume_stream_bytes"));
  config.resume.bytes_max = static_cast<std::size_t>(settings.Integer("resume_bytes"));
  if (absl::Status status = LoadSpoolPolicy(settings, config); !status.ok()) return status;
  config.cache_bytes = settings.Integer("cache_bytes");
  config.body_queue_bytes = settings.Integer("body_queue_bytes");
  HttpLimits& limits = config.limits;
  limits.request_head_bytes_max = settings.Integer("request_head_bytes_max");
  limits.request_body_bytes_max = settings.Integer("request_body_bytes_max");
  limits.request_head_timeout_ms = settings.Integer("request_head_timeout_ms");
  limits.request_body_timeout_ms = settings.Integer("request_body_timeout_ms");
  limits.client_write_timeout_ms = settings.Integer("client_write_timeout_ms");
  limits.keep_alive_timeout_ms = settings.Integer("keep_alive_timeout_ms");
  limits.drain_idle_ms = settings.Integer("drain_idle_ms");
  config.limits.websocket_idle_ms = settings.Integer("websocket_idle_ms");
  auto proxies = ParseIpBlocks(settings.Text("trusted_proxies"));
  if (!proxies.ok()) {
    return absl::InvalidArgumentError(
        StrCat("trusted_proxies: ", View(proxies.status().message())));
  }
  config.trusted_proxies = *std::move(proxies);
  if (absl::Status status = LoadTracing(settings, config); !status.ok()) return status;
  if (absl::Status status = LoadBothRedis(settings, config); !status.ok()) return status;
  absl::StatusOr<GrpcSecurity> security = LoadGrpcSecurity(settings);
  if (!security.ok()) return security.status();
  config.security = *std::move(security);
  absl::StatusOr<Secret> snapshot_key = LoadSnapshotSecret(settings, config.security);
  if (!snapshot_key.ok()) return snapshot_key.status();
  config.snapshot_file_secret = *std::move(snapshot_key);
  return config;
}

}  // namespace weir::relay
