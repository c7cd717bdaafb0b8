// Steps of the schema (schema.cc) for attempts, tests of accounts and sessions.
#pragma once

#include <string_view>

namespace weir::usage {

// Rows from before say nothing of it: action 0.
inline constexpr std::string_view kAttemptTimes = R"(
  ALTER TABLE usage_attempts ADD COLUMN action BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_attempts ADD COLUMN connect_ms BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_attempts ADD COLUMN first_byte_ms BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_attempts ADD COLUMN end_ms BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_attempts ADD COLUMN cooldown_until_unix_ms BIGINT NOT NULL DEFAULT 0;
)";

// Few among millions, or none. The word is operation::kAccountTest.
inline constexpr std::string_view kTestIndex = R"(
  CREATE INDEX usage_events_tests ON usage_events (started_at_unix_ms, id)
    WHERE operation = 'account_test';
)";

// What the log is looked through by. Sessions begin with the relays that tell them; the retried
// ones of before are marked by retried_backfill.
inline constexpr std::string_view kSessionsAndRetries = R"(
  ALTER TABLE usage_events ADD COLUMN session BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_events ADD COLUMN retried BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_conflicts ADD COLUMN session BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_conflicts ADD COLUMN retried BIGINT NOT NULL DEFAULT 0;
  CREATE INDEX usage_events_by_session ON usage_events (session, started_at_unix_ms, id)
    WHERE session <> 0;
  CREATE INDEX usage_events_retried ON usage_events (started_at_unix_ms, id) WHERE retried = 1;
)";

// How far work has come that goes through the rows of before in pieces; none = it is done.
inline constexpr std::string_view kBackfills = R"(
  CREATE TABLE usage_backfills (name TEXT NOT NULL PRIMARY KEY, place BYTEA NOT NULL);
)";
inline constexpr std::string_view kSqliteRetriedFromTheBeginning =
    "INSERT INTO usage_backfills (name, place) VALUES ('retried', x'')";
inline constexpr std::string_view kPostgresRetriedFromTheBeginning =
    "INSERT INTO usage_backfills (name, place) VALUES ('retried', '')";

}  // namespace weir::usage
