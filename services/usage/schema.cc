#include "services/usage/schema.h"

#include <vector>

namespace weir::usage {
namespace {

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
  CREATE INDEX usage_events_by_time ON usage_events (started_at_unix_ms, id);
  CREATE INDEX usage_events_by_key ON usage_events (key_id, started_at_unix_ms);
  CREATE INDEX usage_events_by_user ON usage_events (user_id, started_at_unix_ms);
  CREATE INDEX usage_events_by_account ON usage_events (account_id, started_at_unix_ms);
  CREATE INDEX usage_events_failed ON usage_events (started_at_unix_ms, id) WHERE failed = 1;

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

}  // namespace

absl::Status MigrateLedger(sql::Database& database) {
  return sql::Migrate(database, "usage", {{1, "ledger", kEvents}});
}

}  // namespace weir::usage
