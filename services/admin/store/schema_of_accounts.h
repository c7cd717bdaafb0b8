// Steps of the schema (schema.cc) for accounts: their history; sessions, and whether they still
// hold.
#pragma once

#include <string_view>

namespace weir::admin {

inline constexpr std::string_view kAccountHistory = R"sql(
INSERT INTO ids (name, next_id) VALUES ('account_history', 1);
CREATE TABLE account_history (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  source TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  http_status BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  seen_by TEXT NOT NULL
);
CREATE INDEX account_history_account ON account_history (account_id, id);
CREATE INDEX account_history_time ON account_history (created_at_ms);
)sql";

inline constexpr std::string_view kSessionAccounts = R"sql(
ALTER TABLE accounts ADD COLUMN session TEXT NOT NULL DEFAULT '{}';
CREATE TABLE account_checks (
  account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  checked_at_ms BIGINT NOT NULL,
  good BIGINT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  http_status BIGINT NOT NULL,
  took_ms BIGINT NOT NULL,
  model TEXT NOT NULL,
  relay_id TEXT NOT NULL
);
)sql";

}  // namespace weir::admin
