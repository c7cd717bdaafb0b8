// Times for people and programs: RFC 3339 in UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::admin {

// "2026-02-24T09:00:00Z", with milliseconds when there are any.
std::string FormatTime(std::int64_t unix_ms);

// RFC 3339, or "2025-12-31 23:59:59" as UTC. InvalidArgument for anything else and for years before
// 1970.
absl::StatusOr<std::int64_t> ParseTime(std::string_view text);

}  // namespace weir::admin
