// The tables of sums that came after the first, as SQL; schema.cc says in which order.
#pragma once

#include <string_view>

namespace weir::usage {

// Roll-ups for long ranges: whole UTC days, and one dimension at a time (SumPart). Filled from the
// quarter-hours that are there. The two indexes are for what goes by a key or a user.
inline constexpr std::string_view kLongSums = R"(
  CREATE TABLE usage_day_sums (
    day_unix_ms BIGINT NOT NULL,
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
    PRIMARY KEY (day_unix_ms, key_id, user_id, group_id, account_id, model)
  );
  INSERT INTO usage_day_sums SELECT quarter_unix_ms - quarter_unix_ms % 86400000 AS day,
    key_id, user_id, group_id, account_id, model,
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY 1, key_id, user_id, group_id, account_id, model;

  CREATE TABLE usage_part_sums (
    part BIGINT NOT NULL,
    quarter_unix_ms BIGINT NOT NULL,
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
    PRIMARY KEY (part, quarter_unix_ms, group_id, account_id, model)
  );
  INSERT INTO usage_part_sums SELECT 0, quarter_unix_ms, 0, 0, '',
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY quarter_unix_ms;
  INSERT INTO usage_part_sums SELECT 3, quarter_unix_ms, group_id, 0, '',
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY quarter_unix_ms, group_id;
  INSERT INTO usage_part_sums SELECT 4, quarter_unix_ms, 0, account_id, '',
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY quarter_unix_ms, account_id;
  INSERT INTO usage_part_sums SELECT 5, quarter_unix_ms, 0, 0, model,
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY quarter_unix_ms, model;

  CREATE INDEX usage_quarters_by_key ON usage_quarters (key_id, quarter_unix_ms);
  CREATE INDEX usage_quarters_by_user ON usage_quarters (user_id, quarter_unix_ms);
)";

// Sums are raised again and again. With room beside them the new version of a row stays on its
// page, and no index learns of it.
inline constexpr std::string_view kRoomForSums = R"(
  ALTER TABLE usage_quarters SET (fillfactor = 50);
  ALTER TABLE usage_day_sums SET (fillfactor = 50);
  ALTER TABLE usage_part_sums SET (fillfactor = 50);
  ALTER TABLE usage_days SET (fillfactor = 50);
  ALTER TABLE usage_tallies SET (fillfactor = 50);
)";

// Of one key or user at a time, by quarter-hours (SumPart); the other id is 0. Filled from the
// quarter-hours that are there.
inline constexpr std::string_view kSubjectSums = R"(
  CREATE TABLE usage_subject_sums (
    part BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    quarter_unix_ms BIGINT NOT NULL,
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
    PRIMARY KEY (part, key_id, user_id, quarter_unix_ms)
  );
  INSERT INTO usage_subject_sums SELECT 1, key_id, 0, quarter_unix_ms,
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY key_id, quarter_unix_ms;
  INSERT INTO usage_subject_sums SELECT 2, 0, user_id, quarter_unix_ms,
    CAST(SUM(requests) AS BIGINT), CAST(SUM(errors) AS BIGINT),
    CAST(SUM(estimated_requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT),
    CAST(SUM(cache_read_tokens) AS BIGINT), CAST(SUM(cache_write_5m_tokens) AS BIGINT),
    CAST(SUM(cache_write_1h_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT),
    CAST(SUM(reasoning_tokens) AS BIGINT), CAST(SUM(cost_nano_usd) AS BIGINT)
    FROM usage_quarters GROUP BY user_id, quarter_unix_ms;
)";
// For those of all keys or users in a short range, and for those that retention takes.
inline constexpr std::string_view kSubjectSumsByTime = R"(
  CREATE INDEX usage_subject_sums_by_time ON usage_subject_sums (part, quarter_unix_ms);
)";
// A month of the few keys or users that a list shows, without everybody else's. Only new rows cost:
// sums that are raised leave the indexes alone.
inline constexpr std::string_view kDaySumsBySubject = R"(
  CREATE INDEX usage_day_sums_by_key ON usage_day_sums (key_id, day_unix_ms);
  CREATE INDEX usage_day_sums_by_user ON usage_day_sums (user_id, day_unix_ms);
)";
// What Weir's own cache has answered, from this schema on.
inline constexpr std::string_view kCacheHitSums = R"(
  ALTER TABLE usage_quarters ADD COLUMN cache_hits BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_day_sums ADD COLUMN cache_hits BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_part_sums ADD COLUMN cache_hits BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE usage_subject_sums ADD COLUMN cache_hits BIGINT NOT NULL DEFAULT 0;
)";
inline constexpr std::string_view kRoomForSubjectSums = R"(
  ALTER TABLE usage_subject_sums SET (fillfactor = 50);
)";

}  // namespace weir::usage
