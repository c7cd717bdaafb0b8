#include "services/usage/config.h"

namespace weir::usage {

Settings MakeSettings() {
  constexpr auto kText = SettingKind::kText;
  constexpr auto kInteger = SettingKind::kInteger;
  return Settings(
      "weir-usage", "WEIR_USAGE",
      "Weir's ledger: takes usage events from relays, exactly once, answers queries, grants leases "
      "on budgets.",
      {
          {"grpc_listen", kText, "127.0.0.1:9082", "host:port that relays and admin connect to"},
          {"ops_listen", kText, "127.0.0.1:9182", "host:port of /health, /ready and /metrics"},
          {"database_url", kText, "sqlite:weir-usage.db",
           "sqlite:PATH or postgresql://user:password@host/database"},
          {"database_connections", kInteger, "4", "connections to the database at most", 2, 100},
          {"database_wait_ms", kInteger, "30000",
           "how long to wait at start for a database that does not answer", 0, 600'000},
          {"internal_token_file", kText, "",
           "file with the token that the services show each other"},
          {"grpc_tls_cert_file", kText, "", "own certificate (PEM) for mTLS between services"},
          {"grpc_tls_key_file", kText, "", "its private key (PEM)"},
          {"grpc_tls_ca_file", kText, "", "certificate of the CA that signed the others' (PEM)"},
          {"batch_events_max", kInteger, "1000",
           "commit when so many events wait; a batch of a relay is never split", 1, 100'000},
          {"batch_age_ms", kInteger, "50", "commit when the oldest event has waited so long", 0,
           10'000},
          {"queue_events_max", kInteger, "20000",
           "events that may wait; beyond it relays are not read, and keep theirs in the spool", 1,
           10'000'000},
          {"shutdown_timeout_ms", kInteger, "10000",
           "how long to go on committing what is queued when told to stop", 0, 600'000},
          {"log_level", kText, "info", "debug, info, warning or error"},
      });
}

}  // namespace weir::usage
