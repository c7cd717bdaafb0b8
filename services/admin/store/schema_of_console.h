// Steps of the schema (schema.cc) for what the console needs of relays.
#pragma once

#include <string_view>

namespace weir::admin {

inline constexpr std::string_view kPlaygroundSecret = R"sql(
ALTER TABLE settings ADD COLUMN sealed_playground_secret TEXT NOT NULL DEFAULT '';
)sql";

inline constexpr std::string_view kAccountReplacedAt = R"sql(
ALTER TABLE accounts ADD COLUMN replaced_at_ms BIGINT NOT NULL DEFAULT 0;
)sql";

}  // namespace weir::admin
