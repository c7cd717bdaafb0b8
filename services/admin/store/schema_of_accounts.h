// Steps of the schema (schema.cc) for accounts: sessions, and whether they still hold.
#pragma once

#include <string_view>

namespace weir::admin {

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
