// How the ledger's tables are cut by day on PostgreSQL: by id, which is a UUIDv7 and so begins with
// its time. Names and bounds alone, without a database. Days are UTC, told by their first moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/common/utc_window.h"

namespace weir::usage {

// A partition is named after its table and what it holds: `usage_events_20261121` is a day,
// `usage_events_until_20261121` all that is before that day, `usage_events_default` the rest.
struct DayPartition {
  TimeSpan span = {};  // of the ids in it; begin 0 = since ever
  std::string name = {};
};

inline constexpr std::string_view kDefaultSuffix = "_default";

// "20261121"
std::string DayText(std::int64_t day_unix_ms);

std::string DayPartitionName(std::string_view table, std::int64_t day_unix_ms);
std::string UntilPartitionName(std::string_view table, std::int64_t day_unix_ms);
// Nothing for the default partition, and for names that are not ours.
std::optional<DayPartition> PartitionFromName(std::string_view table, std::string_view name);

// An event's time is its id's, as far as this: the relay makes both from one number.
inline constexpr std::int64_t kIdSkewMsMax = 10'000;
inline constexpr std::int64_t kIdUnixMsMax = (std::int64_t{1} << 48) - 1;  // of a UUIDv7

// The least id of that time: 6 bytes, below all ids of 16 bytes that begin with them.
std::string LeastId(std::int64_t unix_ms);
// The same as a constant in PostgreSQL's SQL.
std::string LeastIdSql(std::int64_t unix_ms);
// When the id was made; `id` has 16 bytes.
std::int64_t UnixMsOfId(std::string_view id);

}  // namespace weir::usage
