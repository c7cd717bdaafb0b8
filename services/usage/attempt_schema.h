// Steps of the schema (schema.cc) for attempts and for tests of accounts.
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

}  // namespace weir::usage
