// Steps of the schema (schema.cc) for who may come in, and how.
#pragma once

#include <string_view>

namespace weir::admin {

// Who deletes a group takes back the invites into it.
inline constexpr std::string_view kInvites = R"sql(
INSERT INTO ids (name, next_id) VALUES ('invites', 1);
CREATE TABLE invites (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  code_hash TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  group_id BIGINT NOT NULL REFERENCES key_groups (id) ON DELETE CASCADE,
  expires_at_ms BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  used_by BIGINT NOT NULL,
  used_at_ms BIGINT NOT NULL
);
CREATE INDEX invites_group ON invites (group_id);
)sql";

inline constexpr std::string_view kManagedKeys = R"sql(
ALTER TABLE api_keys ADD COLUMN managed BIGINT NOT NULL DEFAULT 0;
)sql";

inline constexpr std::string_view kKeyRotation = R"sql(
ALTER TABLE api_keys ADD COLUMN previous_key_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN previous_key_hint TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN previous_until_ms BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX api_keys_previous ON api_keys (previous_key_hash)
  WHERE previous_key_hash <> '';
)sql";

inline constexpr std::string_view kTaskRuns = R"sql(
CREATE TABLE task_runs (
  name TEXT NOT NULL,
  started_at_ms BIGINT NOT NULL,
  runner TEXT NOT NULL,
  duration_ms BIGINT NOT NULL,
  good BIGINT NOT NULL,
  asked_for BIGINT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (name, started_at_ms, runner)
);
)sql";

// Who users are at a provider; and states of log-ins there that were used up, until they end.
inline constexpr std::string_view kIdentities = R"sql(
INSERT INTO ids (name, next_id) VALUES ('user_identities', 1);
ALTER TABLE settings ADD COLUMN sealed_oidc_client_secret TEXT NOT NULL DEFAULT '';
CREATE TABLE user_identities (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  label TEXT NOT NULL,
  UNIQUE (issuer, subject)
);
CREATE INDEX user_identities_user ON user_identities (user_id);
CREATE TABLE oidc_states (state_hash TEXT PRIMARY KEY, ends_at_ms BIGINT NOT NULL);
CREATE INDEX oidc_states_end ON oidc_states (ends_at_ms);
)sql";

inline constexpr std::string_view kMustChangePassword = R"sql(
ALTER TABLE users ADD COLUMN must_change_password BIGINT NOT NULL DEFAULT 0;
)sql";

}  // namespace weir::admin
