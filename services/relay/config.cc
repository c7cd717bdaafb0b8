#include "services/relay/config.h"

#include <algorithm>
#include <thread>

#include "libs/common/ids.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

using Kind = SettingKind;
constexpr std::int64_t kHourMs = 3'600'000;

}  // namespace

Settings RelaySettingsTable() {
  return Settings(
      "weir-relay", "WEIR_RELAY",
      "proxies and streams model traffic, picks the account, meters every request.",
      {
          {"listen", Kind::kText, "0.0.0.0:8080", "Where clients connect, host:port."},
          {"ops_listen", Kind::kText, "127.0.0.1:9080", "Where /health, /ready and /metrics are."},
          {"data_dir", Kind::kText, "./data/relay",
           "Folder of the spool and of the snapshot's copy; one relay each."},
          {"admin_target", Kind::kText, "127.0.0.1:9081", "Admin's gRPC, host:port."},
          {"usage_target", Kind::kText, "127.0.0.1:9082", "Usage's gRPC, host:port."},
          {"internal_token_file", Kind::kText, "",
           "File with the token that the services share (mode 0600)."},
          {"grpc_tls_cert_file", Kind::kText, "", "Certificate for mTLS between services, PEM."},
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
          {"log_level", Kind::kText, "info", "debug, info, warning or error."},
          {"threads", Kind::kInteger, "0", "Loops; 0 = one for each core.", 0, 256},
          {"attempts_max", Kind::kInteger, "3", "Accounts tried for one request.", 1, 20},
          {"request_head_bytes_max", Kind::kInteger, "65536", "Largest request head.", 1024,
           1 << 20},
          {"request_body_bytes_max", Kind::kInteger, "33554432", "Largest request body (32 MiB).",
           1024, 1 << 30},
          {"request_head_timeout_ms", Kind::kInteger, "15000",
           "First byte of a request until the end of its head.", 100, kHourMs},
          {"request_body_timeout_ms", Kind::kInteger, "30000",
           "Longest pause while a request's body comes.", 100, kHourMs},
          {"client_write_timeout_ms", Kind::kInteger, "60000",
           "How long a client may not read before it is given up.", 100, kHourMs},
          {"keep_alive_timeout_ms", Kind::kInteger, "75000",
           "How long a client's connection may be idle.", 100, kHourMs},
          {"upstream_idle_timeout_ms", Kind::kInteger, "90000",
           "How long an upstream connection is kept for the next request.", 100, kHourMs},
          {"drain_timeout_ms", Kind::kInteger, "300000",
           "After SIGTERM: how long answers under way may take to end.", 0, kHourMs},
          {"spool_bytes_max", Kind::kInteger, "1073741824",
           "Usage not yet acknowledged, on disk; beyond it requests are refused (1 GiB).", 16 << 20,
           std::int64_t{1} << 40},
          {"spool_sync_ms", Kind::kInteger, "1000",
           "How often the spool is forced to the disk; bounds what a power loss can take.", 10,
           60'000},
      });
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
  config.relay_id = settings.Text("relay_id");
  if (config.relay_id.empty()) config.relay_id = StrCat("relay-", RandomHex(6));
  config.threads = static_cast<int>(settings.Integer("threads"));
  if (config.threads == 0) {
    config.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  config.attempts_max = static_cast<int>(settings.Integer("attempts_max"));
  config.upstream_idle_timeout_ms = settings.Integer("upstream_idle_timeout_ms");
  config.drain_timeout_ms = settings.Integer("drain_timeout_ms");
  config.spool_bytes_max = settings.Integer("spool_bytes_max");
  config.spool_sync_ms = settings.Integer("spool_sync_ms");
  HttpLimits& limits = config.limits;
  limits.request_head_bytes_max = settings.Integer("request_head_bytes_max");
  limits.request_body_bytes_max = settings.Integer("request_body_bytes_max");
  limits.request_head_timeout_ms = settings.Integer("request_head_timeout_ms");
  limits.request_body_timeout_ms = settings.Integer("request_body_timeout_ms");
  limits.client_write_timeout_ms = settings.Integer("client_write_timeout_ms");
  limits.keep_alive_timeout_ms = settings.Integer("keep_alive_timeout_ms");
  absl::StatusOr<GrpcSecurity> security = LoadGrpcSecurity(settings);
  if (!security.ok()) return security.status();
  config.security = *std::move(security);
  config.snapshot_file_secret =
      config.security.token.empty() ? Secret(config.security.tls_key_pem) : config.security.token;
  return config;
}

}  // namespace weir::relay
