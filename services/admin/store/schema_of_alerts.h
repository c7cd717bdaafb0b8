// Steps of the schema (schema.cc) for alerts: what is wrong now, and what is told of it.
#pragma once

#include <string_view>

namespace weir::admin {

inline constexpr std::string_view kAlerts = R"sql(
INSERT INTO ids (name, next_id) VALUES ('alerts', 1);
ALTER TABLE settings ADD COLUMN sealed_alert_secret TEXT NOT NULL DEFAULT '';
CREATE TABLE alerts (
  id BIGINT PRIMARY KEY,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  version BIGINT NOT NULL,
  event TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  text TEXT NOT NULL,
  delivery TEXT NOT NULL,
  tries BIGINT NOT NULL,
  next_try_at_ms BIGINT NOT NULL,
  delivered_at_ms BIGINT NOT NULL,
  last_error TEXT NOT NULL
);
CREATE INDEX alerts_due ON alerts (next_try_at_ms) WHERE delivery = 'waiting';
CREATE TABLE alert_conditions (
  event TEXT NOT NULL,
  subject TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  told BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (event, subject)
);
)sql";

}  // namespace weir::admin
