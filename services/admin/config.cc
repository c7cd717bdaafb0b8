#include "services/admin/config.h"

namespace weir::admin {

// The type of the same name in model/types.h is policy for relays; this is the process's own.
weir::Settings MakeSettings() {
  constexpr auto kText = SettingKind::kText;
  constexpr auto kInteger = SettingKind::kInteger;
  return weir::Settings(
      "weir-admin", "WEIR_ADMIN",
      "Weir's control plane: users, keys, accounts, prices; the REST API. "
      "`weir-admin seed` prepares a database and prints what a first start needs; "
      "`weir-admin config-diff` prints what applying the configuration file would change; "
      "`weir-admin backup FILE` copies an SQLite database in use; `weir-admin after-restore` "
      "readies "
      "a copy for its first start; `weir-admin reseal` seals all secrets with the newest master "
      "key; `weir-admin restore-access USERNAME` makes that user an administrator with a new "
      "password, which it prints, and without a second factor; `weir-admin new-playground-secret` "
      "ends all playground tokens; `weir-admin openapi` "
      "prints the REST API's contract, `weir-admin settings-page` the settings that are changed "
      "while it runs; `weir-admin make-secrets FOLDER [KEY_FOLDER]` makes internal.token "
      "and (in the second folder, if there is one) master.key where they are not; `weir-admin "
      "health`, `ready` and `log-level` ask the one "
      "that runs.",
      {
          {"listen", kText, "0.0.0.0:8081", "host:port of the REST API and its pages"},
          {"http_threads", kInteger, "32", "connections of the REST API served at once", 2, 1000},
          {"requests_per_minute", kInteger, "6000",
           "requests that one address may send to the REST API in a minute; 0 = no limit", 0,
           1'000'000},
          {"trusted_proxies", kText, "",
           "addresses and blocks of reverse proxies before the REST API, separated by commas: "
           "their "
           "X-Forwarded-For tells who asks; nobody else's is believed"},
          {"allowed_origins", kText, "",
           "origins (scheme://host:port, separated by commas) whose pages may send requests to the "
           "REST API, with a token (CORS); empty = none. The console needs none"},
          {"grpc_listen", kText, "127.0.0.1:9081", "host:port that relays connect to"},
          {"ops_listen", kText, "127.0.0.1:9181", "host:port of /health, /ready and /metrics"},
          {"database_url", kText, "sqlite:weir-admin.db",
           "sqlite:PATH or postgresql://user:password@host/database"},
          {"database_url_file", kText, "", "file with that URL instead (mode 0600)"},
          {"database_connections", kInteger, "4", "connections to the database at most", 1, 100},
          {"database_wait_ms", kInteger, "30000",
           "how long to wait at start for a database that does not answer", 0, 600'000},
          {"usage_target", kText, "127.0.0.1:9082", "host:port of the usage service"},
          {"internal_token_file", kText, "",
           "file with the token that the services show each other"},
          {"grpc_tls_cert_file", kText, "",
           "own certificate (PEM) for mTLS between services; its role is a DNS name: admin"},
          {"grpc_tls_key_file", kText, "", "its private key (PEM)"},
          {"grpc_tls_ca_file", kText, "", "certificate of the CA that signed the others' (PEM)"},
          {"master_key_file", kText, "",
           "file with the keys that seal secrets, one a line, the newest first; else the variable "
           "WEIR_ADMIN_MASTER_KEY"},
          {"upstream_ca_file", kText, "",
           "authorities that certificates of token endpoints are checked against, PEM; empty = the "
           "system's"},
          {"config_file", kText, "", "YAML file that declares groups, users, accounts, keys"},
          {"prices_file", kText, "services/admin/data/prices.csv",
           "price list that a new database starts with"},
          {"console_dir", kText, "web/dist",
           "folder with the console's build, read once at start; empty = the API alone"},
          {"setup_username", kText, "admin",
           "name of the first administrator, when its password is given"},
          {"setup_password_file", kText, "",
           "file with the first administrator's password; else the variable "
           "WEIR_ADMIN_SETUP_PASSWORD; without either a token for /setup is printed"},
          {"demo_url", kText, "", "seed only: URL of the fake provider to make demo accounts for"},
          {"relay_url", kText, "",
           "seed only: where clients reach the relay, for settings that do not say so yet"},
          {"console_url", kText, "", "seed only: where people reach the console, likewise"},
          {"log_level", SettingKind::kLogLevel, "info", "debug, info, warning or error"},
      });
}

}  // namespace weir::admin
