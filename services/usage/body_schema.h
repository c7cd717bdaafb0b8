// The table of recorded bodies, as schema.h's migrations make it.
#pragma once

#include <string_view>

namespace weir::usage {

// What is recorded of requests and answers, zstd in one frame; kind is weir.v1.BodyKind.
inline constexpr std::string_view kBodies = R"(
  CREATE TABLE usage_bodies (
    request_id BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    zstd BYTEA NOT NULL,
    text_bytes BIGINT NOT NULL,
    original_bytes BIGINT NOT NULL,
    cut BIGINT NOT NULL,
    whole BIGINT NOT NULL,
    is_binary BIGINT NOT NULL,
    masked BIGINT NOT NULL,
    PRIMARY KEY (request_id, kind)
  );
  CREATE INDEX usage_bodies_by_key ON usage_bodies (key_id, request_id);
)";
inline constexpr std::string_view kBodiesByDay = R"(
  ALTER TABLE usage_bodies RENAME TO usage_bodies_whole;
  CREATE TABLE usage_bodies (LIKE usage_bodies_whole) PARTITION BY RANGE (request_id);
  DROP TABLE usage_bodies_whole;
  ALTER TABLE usage_bodies ADD PRIMARY KEY (request_id, kind);
  CREATE INDEX usage_bodies_by_key ON usage_bodies (key_id, request_id);
  CREATE TABLE usage_bodies_default PARTITION OF usage_bodies DEFAULT;
)";

}  // namespace weir::usage
