#include "services/admin/model/time_text.h"

#include "absl/time/time.h"

namespace weir::admin {

std::string FormatTime(std::int64_t unix_ms) {
  const char* format = unix_ms % 1000 == 0 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%M:%E3SZ";
  return absl::FormatTime(format, absl::FromUnixMillis(unix_ms), absl::UTCTimeZone());
}

absl::StatusOr<std::int64_t> ParseTime(std::string_view text) {
  const std::string copy(text);
  absl::Time time;
  std::string error;
  const bool parsed = absl::ParseTime(absl::RFC3339_full, copy, &time, &error) ||
                      absl::ParseTime("%Y-%m-%d %H:%M:%S", copy, &time, &error);
  if (!parsed || time < absl::UnixEpoch() || time > absl::FromUnixSeconds(253'402'300'799)) {
    return absl::InvalidArgumentError("must be a time such as 2026-02-24T09:00:00Z");
  }
  return absl::ToUnixMillis(time);
}

}  // namespace weir::admin
