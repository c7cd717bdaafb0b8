// Keeps the days' partitions of the ledger on PostgreSQL: made before they are needed, dropped when
// retention says so. On SQLite, which has none, every call is OK and finds nothing to do.
//
// An id of a day that has no partition lies in the default one and is found there like any other;
// that a row is there once holds in it as it does elsewhere, because an id belongs to one day.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/day_partition.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// The tables that are cut by day, in the order in which they are locked, and the column that says
// which day.
struct DayTable {
  std::string_view name;
  std::string_view id;
};
inline constexpr DayTable kDayTables[] = {
    {"usage_events", "id"}, {"usage_attempts", "event_id"}, {"usage_corrections", "event_id"}};
// Apart, since bodies have a retention of their own.
inline constexpr DayTable kBodyTables[] = {{"usage_bodies", "request_id"}};

// Relays may have waited so long with what they send; days before are made when someone sorts the
// default partition, not while a batch waits.
inline constexpr std::int64_t kLateDaysMax = 35;

// How the ledger's tables lie.
struct PartitionReport {
  bool partitioned = false;                   // PostgreSQL
  std::vector<DayPartition> partitions = {};  // of the first table, oldest first
  std::int64_t default_events = 0;            // in it, of days that nobody expected
};

// Of one of them on PostgreSQL, the oldest first, without the default partition.
absl::StatusOr<std::vector<DayPartition>> ReadDayPartitions(sql::Transaction& transaction,
                                                            std::string_view table);

// Thread-safe, also against keepers of other processes on the same database.
class PartitionKeeper {
 public:
  // All must outlive it. The tables' partitions come and go together.
  PartitionKeeper(sql::Database& database, const Clock& clock, std::int64_t ahead_days,
                  std::span<const DayTable> tables = kDayTables)
      : database_(database), clock_(clock), ahead_days_(ahead_days), tables_(tables) {}

  // Today and the days ahead.
  absl::Status MakeAhead();

  // Sees to it that the days of these events have partitions, as far as they can be expected: not
  // older than kLateDaysMax, not further ahead than the setting. Returns how many events are of
  // other days. Costs nothing while all days are known. A failure is logged, and for a minute not
  // tried again: the events then lie in the default partition.
  std::int64_t PrepareFor(const std::vector<const UsageEvent*>& events);
  // The same for ids of 16 bytes.
  std::int64_t PrepareForIds(const std::vector<std::string_view>& ids);

  // Gives what lies in the default partition partitions of its own: days that have come, at most
  // `days_max` of them, the oldest first. Returns the number of events that moved.
  absl::StatusOr<std::int64_t> SortDefault(std::size_t days_max);

  // Drops the partitions that hold nothing from `from_unix_ms` on. Returns how many days went.
  // Aborted when readers did not let go of the table in time.
  absl::StatusOr<std::int64_t> DropBefore(std::int64_t from_unix_ms);

  absl::StatusOr<PartitionReport> Report();

 private:
  bool Used() const { return database_.dialect() == sql::SqlDialect::kPostgres; }
  // Of those days, the ones that are not known to have a partition.
  std::vector<std::int64_t> Unknown(const std::set<std::int64_t>& days);
  // Makes what is missing of these days; returns how many events came out of the default partition.
  absl::StatusOr<std::int64_t> Make(const std::vector<std::int64_t>& days);

  sql::Database& database_;
  const Clock& clock_;
  const std::int64_t ahead_days_;
  const std::span<const DayTable> tables_;
  std::atomic<std::int64_t> next_try_ns_ = 0;  // of PrepareFor, on the clock of SteadyNs
  std::mutex mutex_;                           // guards known_days_
  std::set<std::int64_t> known_days_;          // with a partition, as far as we have seen
};

}  // namespace weir::usage
