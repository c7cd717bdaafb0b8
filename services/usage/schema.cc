#include "services/usage/schema.h"

#include <vector>

#include "services/usage/attempt_schema.h"
#include "services/usage/body_schema.h"
#include "services/usage/partition_schema.h"
#include "services/usage/retried_backfill.h"
#include "services/usage/sum_schema.h"

namespace weir::usage {
namespace {

constexpr std::string_view kComponent = "usage";

// The primary key is a UUIDv7, whose first 48 bits are its time: ranges of ids are ranges of time,
// so that the table can be partitioned by day without changing the key.
constexpr std::string_view kEvents = R"(
  CREATE TABLE usage_events (
    id BYTEA NOT NULL PRIMARY KEY,
    started_at_unix_ms BIGINT NOT NULL,
    relay_id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    key_name TEXT NOT NULL,
    group_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    dialect BIGINT NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    served_model TEXT NOT NULL,
    status BIGINT NOT NULL,
    error_class TEXT NOT NULL,
    complete BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_5m_tokens BIGINT NOT NULL,
    cache_write_1h_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    usage_source BIGINT NOT NULL,
    cost_nano_usd BIGINT NOT NULL,
    price_id BIGINT NOT NULL,
    input_pico_usd BIGINT NOT NULL,
    output_pico_usd BIGINT NOT NULL,
    cache_read_pico_usd BIGINT NOT NULL,
    cache_write_5m_pico_usd BIGINT NOT NULL,
    cache_write_1h_pico_usd BIGINT NOT NULL,
    multiplier_ppm BIGINT NOT NULL,
    snapshot_revision BIGINT NOT NULL,
    latency_ms BIGINT NOT NULL,
    first_token_ms BIGINT NOT NULL,
    overhead_us BIGINT NOT NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    upstream_request_id TEXT NOT NULL,
    failed BIGINT NOT NULL
  );

  CREATE TABLE usage_attempts (
    event_id BYTEA NOT NULL,
    number BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    http_status BIGINT NOT NULL,
    error_class TEXT NOT NULL,
    started_at_unix_ms BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    PRIMARY KEY (event_id, number)
  );

  CREATE TABLE usage_quarters (
    quarter_unix_ms BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    requests BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    estimated_requests BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_5m_tokens BIGINT NOT NULL,
    cache_write_1h_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_nano_usd BIGINT NOT NULL,
    PRIMARY KEY (quarter_unix_ms, key_id, user_id, group_id, account_id, model)
  );

  CREATE TABLE usage_days (
    subject_kind BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    day_unix_ms BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    cost_nano_usd BIGINT NOT NULL,
    last_used_unix_ms BIGINT NOT NULL,
    PRIMARY KEY (subject_kind, subject_id, day_unix_ms)
  );

  CREATE TABLE usage_leases (
    id TEXT NOT NULL PRIMARY KEY,
    relay_id TEXT NOT NULL,
    subject_kind BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    period BIGINT NOT NULL,
    granted_nano_usd BIGINT NOT NULL,
    expires_at_unix_ms BIGINT NOT NULL
  );
  CREATE INDEX usage_leases_by_subject ON usage_leases (subject_kind, subject_id, period);
)";

constexpr std::string_view kEventIndexes = R"(
  CREATE INDEX usage_events_by_time ON usage_events (started_at_unix_ms, id);
  CREATE INDEX usage_events_by_key ON usage_events (key_id, started_at_unix_ms);
  CREATE INDEX usage_events_by_user ON usage_events (user_id, started_at_unix_ms);
  CREATE INDEX usage_events_by_account ON usage_events (account_id, started_at_unix_ms);
  CREATE INDEX usage_events_failed ON usage_events (started_at_unix_ms, id) WHERE failed = 1;
)";

// Leases belong to a relay's session and shrink as events commit; the table before knew neither,
// and no relay has ever used it. A budget of requests counts those that used tokens (usage_source
// is not 0), so that refusals do not eat it up.
constexpr std::string_view kLeaseSessions = R"(
  DROP TABLE usage_leases;
  CREATE TABLE usage_lease_sessions (
    session TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    number BIGINT NOT NULL,
    alive_until_unix_ms BIGINT NOT NULL
  );
  CREATE INDEX usage_lease_sessions_by_holder ON usage_lease_sessions (holder);
  CREATE INDEX usage_lease_sessions_by_end ON usage_lease_sessions (alive_until_unix_ms);
  CREATE TABLE usage_leases (
    subject_kind BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    period BIGINT NOT NULL,
    unit BIGINT NOT NULL,
    window_unix_ms BIGINT NOT NULL,
    session TEXT NOT NULL,
    granted BIGINT NOT NULL,
    used BIGINT NOT NULL,
    done BIGINT NOT NULL,
    PRIMARY KEY (subject_kind, subject_id, period, unit, window_unix_ms, session)
  );
  CREATE INDEX usage_leases_by_session ON usage_leases (session);

  ALTER TABLE usage_days ADD COLUMN used_requests BIGINT NOT NULL DEFAULT 0;
  UPDATE usage_days SET used_requests = (
    SELECT COUNT(*) FROM usage_events
    WHERE started_at_unix_ms >= day_unix_ms AND started_at_unix_ms < day_unix_ms + 86400000
      AND usage_source <> 0
      AND CASE subject_kind WHEN 1 THEN key_id WHEN 2 THEN user_id WHEN 3 THEN group_id
          ELSE account_id END = subject_id);
)";

constexpr std::string_view kCacheHits = R"(
  ALTER TABLE usage_events ADD COLUMN cache_hit BIGINT NOT NULL DEFAULT 0;
)";

// A fallback may have been served by another model than the one tried before.
constexpr std::string_view kAttemptModels = R"(
  ALTER TABLE usage_attempts ADD COLUMN served_model TEXT NOT NULL DEFAULT '';
)";

// Events whose ids are from before that moment are gone for good: they can no longer be told from
// those that were never there, so they are refused.
constexpr std::string_view kRetention = R"(
  CREATE TABLE usage_retention (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    kept_from_unix_ms BIGINT NOT NULL
  );
  INSERT INTO usage_retention (one, kept_from_unix_ms) VALUES (1, 0);
)";

// How requests went, hour by hour; counts are EncodeTally's. What came before this table is not in
// it: statistics over more than 20,000 requests of then leave it out.
constexpr std::string_view kTallies = R"(
  CREATE TABLE usage_tallies (
    hour_unix_ms BIGINT NOT NULL,
    subject_kind BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (hour_unix_ms, subject_kind, account_id, model)
  );
)";

// What came again with another content, as it came.
constexpr std::string_view kConflicts = R"(
  CREATE TABLE usage_conflicts AS
    SELECT *, CAST(0 AS BIGINT) AS received_at_unix_ms FROM usage_events WHERE 1 = 0;
  CREATE INDEX usage_conflicts_by_id ON usage_conflicts (id);
)";

// Conflicts by when they came.
constexpr std::string_view kConflictsByTime = R"(
  CREATE INDEX usage_conflicts_by_time ON usage_conflicts (received_at_unix_ms, id);
)";

// They may be few among millions, or none.
constexpr std::string_view kCacheHitIndex = R"(
  CREATE INDEX usage_events_cache_hits ON usage_events (started_at_unix_ms, id) WHERE cache_hit = 1;
)";

// Runs that rate requests again. `order_bytes` is a StartRerateRequest.
constexpr std::string_view kRerates = R"(
  CREATE TABLE usage_rerates (
    id BIGINT NOT NULL PRIMARY KEY,
    state BIGINT NOT NULL,
    order_bytes BYTEA NOT NULL,
    dry_run BIGINT NOT NULL,
    charge_budgets BIGINT NOT NULL,
    from_unix_ms BIGINT NOT NULL,
    to_unix_ms BIGINT NOT NULL,
    created_at_unix_ms BIGINT NOT NULL,
    updated_at_unix_ms BIGINT NOT NULL,
    ended_at_unix_ms BIGINT NOT NULL,
    rated_until_unix_ms BIGINT NOT NULL,
    last_id BYTEA NOT NULL,
    error TEXT NOT NULL,
    events BIGINT NOT NULL,
    corrected BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    unknown_provider BIGINT NOT NULL,
    before_nano_usd BIGINT NOT NULL,
    after_nano_usd BIGINT NOT NULL
  );
  CREATE TABLE usage_rerate_models (
    rerate_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    events BIGINT NOT NULL,
    corrected BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    unknown_provider BIGINT NOT NULL,
    before_nano_usd BIGINT NOT NULL,
    after_nano_usd BIGINT NOT NULL,
    PRIMARY KEY (rerate_id, model)
  );
)";

// Requests for models without a price, by day.
constexpr std::string_view kUnpriced = R"(
  CREATE TABLE usage_unpriced (
    day_unix_ms BIGINT NOT NULL,
    model TEXT NOT NULL,
    served_model TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    served_requests BIGINT NOT NULL,
    refused_requests BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    last_seen_unix_ms BIGINT NOT NULL,
    PRIMARY KEY (day_unix_ms, model, served_model, account_id)
  );
)";

// The dearest and the slowest first.
constexpr std::string_view kCostIndexes = R"(
  CREATE INDEX usage_events_by_cost ON usage_events (cost_nano_usd, id);
  CREATE INDEX usage_events_by_latency ON usage_events (latency_ms, id);
)";

}  // namespace

const std::vector<sql::Migration>& LedgerMigrations() {
  static const std::vector<sql::Migration> migrations = {
      {.number = 1,
       .name = "ledger",
       .common = kEvents,
       .sqlite = kEventIndexes,
       .postgres = kEventIndexes},
      {.number = 2, .name = "lease sessions", .common = kLeaseSessions},
      {.number = 3, .name = "cache hits", .common = kCacheHits},
      {.number = 4, .name = "models of attempts", .common = kAttemptModels},
      {.number = 5,
       .name = "partitions by day",
       .common = {},
       .postgres = kEventIndexes,
       .step = PartitionByDay},
      {.number = 6, .name = "retention", .common = kRetention},
      {.number = 7, .name = "tallies", .common = kTallies},
      {.number = 8, .name = "sums of long ranges", .common = kLongSums},
      {.number = 9, .name = "conflicts", .common = kConflicts},
      {.number = 10, .name = "room for sums", .common = {}, .postgres = kRoomForSums},
      {.number = 11, .name = "bodies", .common = kBodies, .postgres = kBodiesByDay},
      {.number = 12, .name = "an index of cache hits", .common = kCacheHitIndex},
      {.number = 13, .name = "corrections", .common = kRerates, .step = MakeCorrections},
      {.number = 14, .name = "unpriced models", .common = kUnpriced},
      {.number = 15,
       .name = "sums of keys and users",
       .common = kSubjectSums,
       .postgres = kRoomForSubjectSums},
      {.number = 16, .name = "indexes of cost and latency", .common = kCostIndexes},
      {.number = 17, .name = "an index of keys' and users' sums", .common = kSubjectSumsByTime},
      {.number = 18, .name = "an index of conflicts", .common = kConflictsByTime},
      {.number = 19, .name = "times of attempts", .common = kAttemptTimes},
      {.number = 20, .name = "an index of tests", .common = kTestIndex},
      {.number = 21, .name = "sessions and retries", .common = kSessionsAndRetries},
      {.number = 22, .name = "indexes of days' sums", .common = kDaySumsBySubject},
      {.number = 23,
       .name = "places of backfills",
       .common = kBackfills,
       .sqlite = kSqliteRetriedFromTheBeginning,
       .postgres = kPostgresRetriedFromTheBeginning},
      {.number = 24, .name = "sums of cache hits", .common = kCacheHitSums}};
  return migrations;
}

absl::Status MigrateLedger(sql::Database& database) {
  absl::Status migrated = sql::Migrate(database, kComponent, LedgerMigrations());
  return migrated.ok() ? MarkRetried(database) : migrated;
}

absl::Status HoldLedgerSchema(sql::Transaction& transaction) {
  return sql::HoldSchema(transaction, kComponent, LedgerMigrations());
}

absl::Status CheckLedgerSchema(sql::Database& database) {
  return database.Read([](sql::Transaction& transaction) {
    return sql::CheckSchema(transaction, kComponent, LedgerMigrations());
  });
}

}  // namespace weir::usage
