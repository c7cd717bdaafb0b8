// What relays take for themselves, of the latest requests.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/histogram.h"

namespace weir::usage {

// So many requests are looked at, of all relays together, and none that is older.
inline constexpr std::int64_t kOverheadRequestsMax = 2'000;
inline constexpr std::int64_t kOverheadAgeMsMax = 15LL * 60 * 1000;

// By relay, in µs. Those without a request of late are left out.
absl::StatusOr<std::map<std::string, Percentiles>> ReadOverheads(sql::Database& database,
                                                                 std::int64_t now_unix_ms);

}  // namespace weir::usage
