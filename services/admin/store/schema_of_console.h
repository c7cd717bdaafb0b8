// Steps of the schema (schema.cc) for what the console shows, and needs of relays.
#pragma once

#include <string_view>

namespace weir::admin {

inline constexpr std::string_view kPlaygroundSecret = R"sql(
ALTER TABLE settings ADD COLUMN sealed_playground_secret TEXT NOT NULL DEFAULT '';
)sql";

inline constexpr std::string_view kAccountReplacedAt = R"sql(
ALTER TABLE accounts ADD COLUMN replaced_at_ms BIGINT NOT NULL DEFAULT 0;
)sql";

inline constexpr std::string_view kPriceSource = R"sql(
ALTER TABLE prices ADD COLUMN source TEXT NOT NULL DEFAULT 'unknown';
)sql";

// Which revision a change made, and where a request's entries are found.
inline constexpr std::string_view kAuditRevision = R"sql(
ALTER TABLE audit ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
CREATE INDEX audit_revision ON audit (revision) WHERE revision > 0;
CREATE INDEX audit_request ON audit (request_id);
)sql";

}  // namespace weir::admin
