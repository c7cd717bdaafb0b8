#include "services/usage/config.h"

namespace weir::usage {

Settings MakeSettings() {
  constexpr auto kText = SettingKind::kText;
  constexpr auto kInteger = SettingKind::kInteger;
  return Settings(
      "weir-usage", "WEIR_USAGE",
      "Weir's ledger: takes usage events from relays, exactly once, answers queries, grants leases "
      "on budgets. `weir-usage backup FILE` copies an SQLite database in use, `weir-usage "
      "rebuild-sums` makes the sums of reports anew, `weir-usage health`, `ready` and `log-level` "
      "ask the one "
      "that "
      "runs.",
      {
          {"grpc_listen", kText, "127.0.0.1:9082", "host:port that relays and admin connect to"},
          {"ops_listen", kText, "127.0.0.1:9182", "host:port of /health, /ready and /metrics"},
          {"database_url", kText, "sqlite:weir-usage.db",
           "sqlite:PATH or postgresql://user:password@host/database"},
          {"database_url_file", kText, "", "file with that URL instead (mode 0600)"},
          {"database_connections", kInteger, "4", "connections to the database at most", 2, 100},
          {"database_wait_ms", kInteger, "30000",
           "how long to wait at start for a database that does not answer", 0, 600'000},
          {"internal_token_file", kText, "",
           "file with the token that the services show each other"},
          {"grpc_tls_cert_file", kText, "",
           "own certificate (PEM) for mTLS between services; its role is a DNS name: usage"},
          {"grpc_tls_key_file", kText, "", "its private key (PEM)"},
          {"grpc_tls_ca_file", kText, "", "certificate of the CA that signed the others' (PEM)"},
          {"batch_events_due", kInteger, "2000", "commit when so many events wait", 1, 100'000},
          {"batch_events_max", kInteger, "10000",
           "events of one commit at most, when more have come meanwhile; a batch of a relay is "
           "never split. SQLite: batch_events_due counts, so that leases need not wait",
           1, 100'000},
          {"batch_age_ms", kInteger, "50", "commit when the oldest event has waited so long", 0,
           10'000},
          {"batch_writers", kInteger, "2",
           "batches that are committed at once on PostgreSQL; each takes one of the connections", 1,
           16},
          {"queue_events_max", kInteger, "20000",
           "events that may wait; beyond it relays are not read, and keep theirs in the spool", 1,
           10'000'000},
          {"partitions_ahead_days", kInteger, "7",
           "PostgreSQL: for how many days ahead the ledger's partitions are made", 1, 366},
          {"retention_days", kInteger, "0",
           "for how many days requests are kept; older ones go with the task usage_retention, and "
           "are refused when a relay sends them (0 = kept for ever)",
           0, 36'500},
          {"rollup_retention_days", kInteger, "0",
           "for how many days the sums of quarter-hours are kept, at least as long as requests "
           "(0 = for ever)",
           0, 36'500},
          {"body_retention_days", kInteger, "7",
           "for how many days recorded bodies are kept; older ones go with the task "
           "body_retention, and at the latest with their requests (0 = as long as these)",
           0, 36'500},
          {"lease_hold_ms", kInteger, "86400000",
           "how long what a silent relay holds of budgets stays held, so that what still waits in "
           "its spool cannot overrun them (one day)",
           60'000, 2'592'000'000},
          {"shutdown_timeout_ms", kInteger, "10000",
           "how long to go on committing what is queued when told to stop", 0, 600'000},
          {"log_level", SettingKind::kLogLevel, "info", "debug, info, warning or error"},
      });
}

}  // namespace weir::usage
