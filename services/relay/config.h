// The relay's own settings: what it needs to start. All else comes with the snapshot.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"
#include "libs/common/settings.h"
#include "services/relay/http/exchange.h"

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
  int threads = 0;
  int attempts_max = 3;
  std::int64_t upstream_idle_timeout_ms = 0;
  std::int64_t drain_timeout_ms = 0;
  std::int64_t spool_bytes_max = 0;
  std::int64_t spool_sync_ms = 0;
  HttpLimits limits;
  GrpcSecurity security;
  Secret snapshot_file_secret;  // what the copy on disk is sealed with
};

// The table of all settings; see --help.
Settings RelaySettingsTable();

// InvalidArgument names the setting that is wrong.
absl::StatusOr<Config> LoadConfig(const Settings& settings);

}  // namespace weir::relay
