// What accounts served day by day, by the model they served it with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/cost.h"
#include "libs/common/sql/database.h"

namespace weir::usage {

inline constexpr std::int64_t kServedDaysMax = 400;

struct ServedDaysQuestion {
  std::int64_t from_unix_ms = 0;               // the first moment of a UTC day, as the next
  std::int64_t to_unix_ms = 0;                 // exclusive
  std::vector<std::int64_t> account_ids = {};  // empty = all
};

struct ServedDay {
  std::int64_t day_unix_ms = 0;
  std::string served_model;
  std::int64_t account_id = 0;
  std::int64_t requests = 0;  // those that used tokens
  TokenCounts tokens;
  std::int64_t cost_nano_usd = 0;
};

// By day, model and account. Walks the raw rows of the range, for roll-ups do not know the served
// model. InvalidArgument: no whole days, or more than kServedDaysMax.
absl::StatusOr<std::vector<ServedDay>> ReadServedDays(sql::Database& database,
                                                      const ServedDaysQuestion& question);

}  // namespace weir::usage
