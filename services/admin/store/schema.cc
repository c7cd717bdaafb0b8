#include "services/admin/store/schema.h"

#include <string>
#include <vector>

#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/name_pieces.h"
#include "services/admin/store/schema_of_accounts.h"
#include "services/admin/store/schema_of_alerts.h"
#include "services/admin/store/schema_of_console.h"
#include "services/admin/store/schema_of_lists.h"
#include "services/admin/store/schema_of_users.h"

namespace weir::admin {
namespace {

// Ids come from the table `ids`, not from the database's own counters: they must never be used
// twice, since the ledger goes on naming what was deleted here, and so both databases are alike.
constexpr std::string_view kInit = R"sql(
CREATE TABLE ids (name TEXT PRIMARY KEY, next_id BIGINT NOT NULL);
INSERT INTO ids (name, next_id) VALUES
  ('users', 1), ('key_groups', 2), ('api_keys', 1), ('accounts', 1), ('prices', 1);
CREATE TABLE revision (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  revision BIGINT NOT NULL,
  covers_from BIGINT NOT NULL,
  lineage TEXT NOT NULL
);
CREATE TABLE changes (
  revision BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  resource_id BIGINT NOT NULL,
  PRIMARY KEY (revision, kind, resource_id)
);
CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE settings (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  value TEXT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL
);
INSERT INTO settings (one, value, updated_at_ms, version) VALUES (1, '{}', 0, 1);
CREATE TABLE key_groups (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  remark TEXT NOT NULL,
  status TEXT NOT NULL,
  price_multiplier_ppm BIGINT NOT NULL,
  model_mapping TEXT NOT NULL,
  fallbacks TEXT NOT NULL,
  system_prompt TEXT NOT NULL,
  limits TEXT NOT NULL
);
INSERT INTO key_groups (id, created_at_ms, updated_at_ms, version, name, remark, status,
  price_multiplier_ppm, model_mapping, fallbacks, system_prompt, limits)
VALUES (1, 0, 0, 1, 'default', '', 'active', 1000000, '{}', '[]', '', '{}');
CREATE TABLE users (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  username TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  group_id BIGINT NOT NULL REFERENCES key_groups (id),
  limits TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  last_login_at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (email) WHERE email <> '';
CREATE INDEX users_group ON users (group_id);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  cookie_hash TEXT NOT NULL UNIQUE,
  refresh_hash TEXT NOT NULL UNIQUE,
  previous_refresh_hash TEXT NOT NULL,
  csrf_token TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_previous ON sessions (previous_refresh_hash);
CREATE TABLE api_keys (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  key_hint TEXT NOT NULL,
  status TEXT NOT NULL,
  group_id BIGINT NOT NULL REFERENCES key_groups (id),
  expires_at_ms BIGINT NOT NULL,
  allowed_models TEXT NOT NULL,
  allowed_ips TEXT NOT NULL,
  limits TEXT NOT NULL,
  system_prompt TEXT NOT NULL,
  cache BIGINT NOT NULL
);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE INDEX api_keys_group ON api_keys (group_id);
CREATE TABLE accounts (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  platform TEXT NOT NULL,
  provider TEXT NOT NULL,
  request_url TEXT NOT NULL,
  credential_type TEXT NOT NULL,
  sealed_credential TEXT NOT NULL,
  sealed_proxy_url TEXT NOT NULL,
  priority BIGINT NOT NULL,
  weight BIGINT NOT NULL,
  models TEXT NOT NULL,
  model_mapping TEXT NOT NULL,
  tier TEXT NOT NULL,
  timeouts TEXT NOT NULL,
  limits TEXT NOT NULL,
  headers TEXT NOT NULL,
  status TEXT NOT NULL,
  status_reason TEXT NOT NULL,
  cooldown_until_ms BIGINT NOT NULL,
  status_observed_at_ms BIGINT NOT NULL
);
CREATE TABLE account_groups (
  account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  group_id BIGINT NOT NULL REFERENCES key_groups (id),
  PRIMARY KEY (account_id, group_id)
);
CREATE INDEX account_groups_group ON account_groups (group_id);
CREATE TABLE prices (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  effective_from_ms BIGINT NOT NULL,
  input_pico_usd BIGINT NOT NULL,
  output_pico_usd BIGINT NOT NULL,
  cache_read_pico_usd BIGINT NOT NULL,
  cache_write_5m_pico_usd BIGINT NOT NULL,
  cache_write_1h_pico_usd BIGINT NOT NULL,
  tier_above_input_tokens BIGINT NOT NULL,
  tier_input_pico_usd BIGINT NOT NULL,
  tier_output_pico_usd BIGINT NOT NULL,
  tier_cache_read_pico_usd BIGINT NOT NULL,
  UNIQUE (provider, model, effective_from_ms)
);
)sql";

constexpr std::string_view kPriceAliases = R"sql(
ALTER TABLE prices ADD COLUMN tier_cache_write_5m_pico_usd BIGINT NOT NULL DEFAULT -1;
ALTER TABLE prices ADD COLUMN tier_cache_write_1h_pico_usd BIGINT NOT NULL DEFAULT -1;
ALTER TABLE prices ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]';
)sql";

constexpr std::string_view kMaxOutputTokens = R"sql(
ALTER TABLE prices ADD COLUMN max_output_tokens BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::string_view kModelCooldowns = R"sql(
ALTER TABLE accounts ADD COLUMN model_cooldowns TEXT NOT NULL DEFAULT '[]';
)sql";

constexpr std::string_view kRedisAwayPolicy = R"sql(
ALTER TABLE key_groups ADD COLUMN redis_away_policy TEXT NOT NULL DEFAULT 'default';
)sql";

constexpr std::string_view kGroupCache = R"sql(
ALTER TABLE key_groups ADD COLUMN cache BIGINT NOT NULL DEFAULT 0;
ALTER TABLE key_groups ADD COLUMN cache_ttl_ms BIGINT NOT NULL DEFAULT 0;
)sql";

// `options` is JSON: what only relays read, and the console shows whole.
constexpr std::string_view kModelRoutes = R"sql(
INSERT INTO ids (name, next_id) VALUES ('model_routes', 1);
CREATE TABLE model_routes (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL,
  position BIGINT NOT NULL,
  status TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  rules TEXT NOT NULL,
  fallbacks TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE TABLE model_route_groups (
  route_id BIGINT NOT NULL REFERENCES model_routes (id) ON DELETE CASCADE,
  group_id BIGINT NOT NULL REFERENCES key_groups (id),
  PRIMARY KEY (route_id, group_id)
);
CREATE INDEX model_route_groups_group ON model_route_groups (group_id);
)sql";

constexpr std::string_view kAllowedIps = R"sql(
ALTER TABLE users ADD COLUMN allowed_ips TEXT NOT NULL DEFAULT '[]';
ALTER TABLE key_groups ADD COLUMN allowed_ips TEXT NOT NULL DEFAULT '[]';
)sql";

constexpr std::string_view kAccountQuirks = R"sql(
ALTER TABLE accounts ADD COLUMN quirks TEXT NOT NULL DEFAULT '[]';
)sql";

constexpr std::string_view kNativeOnly = R"sql(
ALTER TABLE key_groups ADD COLUMN native_only BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::string_view kTasks = R"sql(
CREATE TABLE tasks (
  name TEXT PRIMARY KEY,
  schedule TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  next_run_at_ms BIGINT NOT NULL,
  asked_at_ms BIGINT NOT NULL,
  runner TEXT NOT NULL,
  run_until_ms BIGINT NOT NULL,
  last_started_at_ms BIGINT NOT NULL,
  last_duration_ms BIGINT NOT NULL,
  last_good BIGINT NOT NULL,
  last_asked_for BIGINT NOT NULL,
  last_detail TEXT NOT NULL
);
)sql";

constexpr std::string_view kRecordBodies = R"sql(
ALTER TABLE api_keys ADD COLUMN record_bodies BIGINT NOT NULL DEFAULT 0;
ALTER TABLE key_groups ADD COLUMN record_bodies BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::string_view kSecondFactors = R"sql(
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN client_ip TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_seen_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN confirmed_at_ms BIGINT NOT NULL DEFAULT 0;
CREATE TABLE second_factors (
  user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  sealed_secret TEXT NOT NULL,
  in_force BIGINT NOT NULL,
  last_step BIGINT NOT NULL,
  recovery_hashes TEXT NOT NULL
);
)sql";

constexpr std::string_view kAudit = R"sql(
INSERT INTO ids (name, next_id) VALUES ('audit', 1);
CREATE TABLE audit (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  actor TEXT NOT NULL,
  client_ip TEXT NOT NULL,
  request_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  resource_id BIGINT NOT NULL,
  resource_name TEXT NOT NULL,
  action TEXT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX audit_time ON audit (created_at_ms);
CREATE INDEX audit_resource ON audit (resource, resource_id);
CREATE INDEX audit_user ON audit (user_id);
)sql";

// Tokens that Weir renews; who does it now is a row of account_refreshes.
constexpr std::string_view kAccountOauth = R"sql(
ALTER TABLE accounts ADD COLUMN oauth TEXT NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN sealed_client_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN sealed_refresh_token TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN credential_expires_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN credential_refreshed_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN refresh_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN given_mark TEXT NOT NULL DEFAULT '';
CREATE INDEX accounts_refresh ON accounts (refresh_at_ms) WHERE refresh_at_ms > 0;
CREATE TABLE account_refreshes (
  account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  runner TEXT NOT NULL,
  run_until_ms BIGINT NOT NULL,
  not_before_ms BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  failed_at_ms BIGINT NOT NULL,
  last_error TEXT NOT NULL
);
)sql";

// The extension is in PostgreSQL's own contrib and may be created by the database's owner.
std::vector<std::string> NameIndexStatements() {
  std::vector<std::string> statements = {"CREATE EXTENSION IF NOT EXISTS pg_trgm"};
  for (const PiecesIndex& index : kPostgresPieces) {
    statements.push_back(StrCat("CREATE INDEX IF NOT EXISTS ", index.table, "_", index.column,
                                "_pieces ON ", index.table, " USING gin ((",
                                NamePiecesSql(index.column), ") gin_trgm_ops)"));
    statements.push_back(StrCat("DROP INDEX IF EXISTS ", index.former));
  }
  return statements;
}

// Searching works without them too, only slower the more rows there are. Each start tries, so that
// one who may not can ask somebody who may.
void MakeNameIndexes(sql::Database& database) {
  const absl::Status made = database.Transact([](sql::Transaction& transaction) {
    absl::Status status = transaction.Lock("weir_name_indexes");
    for (const std::string& statement : NameIndexStatements()) {
      if (status.ok()) status = transaction.Execute(statement).status();
    }
    return status;
  });
  if (made.ok()) return;
  LogWarning(
      "searches for a part of a name have no index and read all rows; let a superuser run "
      "CREATE EXTENSION pg_trgm in this database, then start again",
      {{"error", View(made.message())}});
}

// The revision starts at 1, with the default group and the settings in it: 0 means "nothing" to a
// relay. The lineage is random, so that a count is never continued with another database.
absl::Status StartRevision(sql::Database& database) {
  return database
      .Execute(
          "INSERT INTO revision (one, revision, covers_from, lineage) VALUES (1, 1, 1, $1) "
          "ON CONFLICT (one) DO NOTHING",
          {RandomHex(16)})
      .status();
}

}  // namespace

const std::vector<sql::Migration>& SchemaMigrations() {
  static const std::vector<sql::Migration> migrations = {
      {.number = 1, .name = "init", .common = kInit},
      {.number = 2, .name = "managed_keys", .common = kManagedKeys},
      {.number = 3, .name = "model_cooldowns", .common = kModelCooldowns},
      {.number = 4, .name = "redis_away_policy", .common = kRedisAwayPolicy},
      {.number = 5, .name = "group_cache", .common = kGroupCache},
      {.number = 6, .name = "model_routes", .common = kModelRoutes},
      {.number = 7, .name = "allowed_ips", .common = kAllowedIps},
      {.number = 8, .name = "account_quirks", .common = kAccountQuirks},
      {.number = 9, .name = "native_only", .common = kNativeOnly},
      {.number = 10, .name = "tasks", .common = kTasks},
      {.number = 11, .name = "record_bodies", .common = kRecordBodies},
      {.number = 12, .name = "price_aliases", .common = kPriceAliases},
      {.number = 13, .name = "second_factors", .common = kSecondFactors},
      {.number = 14, .name = "max_output_tokens", .common = kMaxOutputTokens},
      {.number = 15, .name = "audit", .common = kAudit},
      {.number = 16, .name = "invites", .common = kInvites},
      {.number = 17, .name = "key_rotation", .common = kKeyRotation},
      {.number = 18, .name = "task_runs", .common = kTaskRuns},
      {.number = 19, .name = "account_oauth", .common = kAccountOauth},
      {.number = 20, .name = "account_history", .common = kAccountHistory},
      {.number = 21, .name = "alerts", .common = kAlerts},
      {.number = 22,
       .name = "list_indexes",
       .common = kListIndexes,
       .sqlite = kSqliteCounting,
       .postgres = kPostgresCounting},
      {.number = 23, .name = "name_index", .common = {}, .sqlite = kSqliteNameIndex},
      {.number = 24, .name = "session_accounts", .common = kSessionAccounts},
      {.number = 25, .name = "identities", .common = kIdentities},
      {.number = 26, .name = "playground_secret", .common = kPlaygroundSecret},
      {.number = 27, .name = "account_replaced_at", .common = kAccountReplacedAt},
      {.number = 28, .name = "audit_revision", .common = kAuditRevision},
      {.number = 29, .name = "must_change_password", .common = kMustChangePassword},
      {.number = 30, .name = "price_source", .common = kPriceSource}};
  return migrations;
}

absl::Status CheckSchema(sql::Database& database) {
  return sql::CheckMigrated(database, "admin", SchemaMigrations());
}

absl::Status MigrateSchema(sql::Database& database) {
  absl::Status migrated = sql::Migrate(database, "admin", SchemaMigrations());
  if (!migrated.ok()) return migrated;
  if (database.dialect() == sql::SqlDialect::kPostgres) MakeNameIndexes(database);
  return StartRevision(database);
}

}  // namespace weir::admin
