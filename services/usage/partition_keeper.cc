#include "services/usage/partition_keeper.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"

namespace weir::usage {
namespace {

using sql::Result;
using sql::Transaction;

constexpr std::string_view kLockName = "weir_usage_partitions";
// While a change of the tables waits for its lock, everybody else waits behind it.
constexpr std::string_view kShortWait = "SET LOCAL lock_timeout = '500ms'";
constexpr std::int64_t kPauseAfterFailureNs = 60'000 * kNsPerMs;

absl::Status Run(Transaction& transaction, const std::string& sql) {
  return transaction.Execute(sql).status();
}

// Changes of partitions follow each other, whoever makes them.
absl::Status BeginChange(Transaction& transaction) {
  absl::Status status = transaction.Lock(kLockName);
  if (!status.ok()) return status;
  return transaction.Execute(kShortWait).status();
}

bool Covers(const std::vector<DayPartition>& partitions, std::int64_t day_unix_ms) {
  return std::any_of(partitions.begin(), partitions.end(), [day_unix_ms](const auto& partition) {
    return partition.span.Holds(day_unix_ms);
  });
}

// What was in the default partition moves; then the new table takes its place. Attaching is what
// does not disturb those who write to other days.
absl::StatusOr<std::int64_t> MakeOne(Transaction& transaction, const DayTable& table,
                                     std::int64_t day_unix_ms) {
  const std::string name = DayPartitionName(table.name, day_unix_ms);
  const std::string from = LeastIdSql(day_unix_ms);
  const std::string to = LeastIdSql(day_unix_ms + kDayMs);
  absl::Status status = Run(
      transaction, StrCat("CREATE TABLE ", name, " (LIKE ", table.name, " INCLUDING DEFAULTS)"));
  if (!status.ok()) return status;
  absl::StatusOr<Result> moved = transaction.Execute(StrCat(
      "WITH moved AS (DELETE FROM ", table.name, kDefaultSuffix, " WHERE ", table.id, " >= ", from,
      " AND ", table.id, " < ", to, " RETURNING *) INSERT INTO ", name, " SELECT * FROM moved"));
  if (!moved.ok()) return moved.status();
  status = Run(transaction, StrCat("ALTER TABLE ", table.name, " ATTACH PARTITION ", name,
                                   " FOR VALUES FROM (", from, ") TO (", to, ")"));
  if (!status.ok()) return status;
  return moved->affected_rows;
}

// Returns the events that moved.
absl::StatusOr<std::int64_t> MakeDay(Transaction& transaction, std::span<const DayTable> tables,
                                     std::int64_t day_unix_ms) {
  std::int64_t moved_events = 0;
  for (const DayTable& table : tables) {
    absl::StatusOr<std::int64_t> moved = MakeOne(transaction, table, day_unix_ms);
    if (!moved.ok()) return moved.status();
    if (&table == &tables.front()) moved_events = *moved;
  }
  return moved_events;
}

// Nobody may put a row of the day into the default partition between our look and our change.
absl::Status LockDefaults(Transaction& transaction, std::span<const DayTable> tables) {
  for (const DayTable& table : tables) {
    absl::Status status = Run(transaction, StrCat("LOCK TABLE ", table.name, kDefaultSuffix,
                                                  " IN ACCESS EXCLUSIVE MODE"));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> MakeMissing(Transaction& transaction, std::span<const DayTable> tables,
                                         const std::vector<std::int64_t>& days) {
  if (absl::Status status = BeginChange(transaction); !status.ok()) return status;
  absl::StatusOr<std::vector<DayPartition>> there =
      ReadDayPartitions(transaction, tables.front().name);
  if (!there.ok()) return there.status();
  // What retention has dropped stays so: events of then are refused.
  absl::StatusOr<Result> kept =
      transaction.Execute("SELECT kept_from_unix_ms FROM usage_retention WHERE one = 1");
  if (!kept.ok()) return kept.status();
  const std::int64_t kept_from_unix_ms = kept->rows.empty() ? 0 : kept->rows[0].Int(0);
  std::vector<std::int64_t> missing;
  std::copy_if(days.begin(), days.end(), std::back_inserter(missing), [&](std::int64_t day) {
    return day + kDayMs > kept_from_unix_ms && !Covers(*there, day);
  });
  if (missing.empty()) return 0;
  if (absl::Status status = LockDefaults(transaction, tables); !status.ok()) return status;
  std::int64_t moved_events = 0;
  for (const std::int64_t day : missing) {
    absl::StatusOr<std::int64_t> moved = MakeDay(transaction, tables, day);
    if (!moved.ok()) return moved.status();
    moved_events += *moved;
  }
  return moved_events;
}

// Days of the rows in the default partition, the oldest first, none after `last_day_unix_ms`.
absl::StatusOr<std::vector<std::int64_t>> DefaultDays(sql::Database& database,
                                                      const DayTable& table,
                                                      std::int64_t last_day_unix_ms,
                                                      std::size_t days_max) {
  absl::StatusOr<Result> result = database.Query(
      StrCat("SELECT DISTINCT ('x' || encode(substring(", table.id,
             " FROM 1 FOR 6), 'hex'))::bit(48)::bigint / ", kDayMs, " * ", kDayMs, " AS day FROM ",
             table.name, kDefaultSuffix, " WHERE ", table.id, " < ",
             LeastIdSql(last_day_unix_ms + kDayMs), " ORDER BY day LIMIT ", days_max));
  if (!result.ok()) return result.status();
  std::vector<std::int64_t> days;
  for (const sql::Row& row : result->rows) days.push_back(row.Int(0));
  return days;
}

absl::Status DropOne(sql::Database& database, std::span<const DayTable> tables,
                     const DayPartition& partition) {
  const std::string suffix = partition.name.substr(tables.front().name.size());
  return database.Transact([&](Transaction& transaction) {
    absl::Status status = BeginChange(transaction);
    for (const DayTable& table : tables) {
      if (!status.ok()) return status;
      status = Run(transaction, StrCat("DROP TABLE IF EXISTS ", table.name, suffix));
    }
    return status;
  });
}

}  // namespace

absl::StatusOr<std::vector<DayPartition>> ReadDayPartitions(Transaction& transaction,
                                                            std::string_view table) {
  absl::StatusOr<Result> result = transaction.Execute(
      StrCat("SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid "
             "WHERE i.inhparent = '",
             table, "'::regclass"));
  if (!result.ok()) return result.status();
  std::vector<DayPartition> partitions;
  for (const sql::Row& row : result->rows) {
    std::optional<DayPartition> partition = PartitionFromName(table, row.Text(0));
    if (partition) partitions.push_back(*std::move(partition));
  }
  std::sort(partitions.begin(), partitions.end(), [](const auto& a, const auto& b) {
    return a.span.begin_unix_ms < b.span.begin_unix_ms;
  });
  return partitions;
}

absl::Status PartitionKeeper::MakeAhead() {
  if (!Used()) return absl::OkStatus();
  const std::int64_t today = DayOf(clock_.NowUnixMs()).begin_unix_ms;
  std::vector<std::int64_t> days;
  for (std::int64_t i = 0; i <= ahead_days_; ++i) days.push_back(today + i * kDayMs);
  return Make(days).status();
}

absl::StatusOr<std::int64_t> PartitionKeeper::Make(const std::vector<std::int64_t>& days) {
  std::int64_t moved = 0;
  absl::Status status = database_.Transact([&](Transaction& transaction) {
    absl::StatusOr<std::int64_t> made = MakeMissing(transaction, tables_, days);
    if (made.ok()) moved = *made;
    return made.status();
  });
  if (!status.ok()) return status;
  const std::lock_guard<std::mutex> lock(mutex_);
  known_days_.insert(days.begin(), days.end());
  return moved;
}

std::vector<std::int64_t> PartitionKeeper::Unknown(const std::set<std::int64_t>& days) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::int64_t> unknown;
  std::set_difference(days.begin(), days.end(), known_days_.begin(), known_days_.end(),
                      std::back_inserter(unknown));
  return unknown;
}

std::int64_t PartitionKeeper::PrepareFor(const std::vector<const UsageEvent*>& events) {
  if (!Used()) return 0;
  std::vector<std::string_view> ids;
  ids.reserve(events.size());
  for (const UsageEvent* event : events) ids.emplace_back(event->id);
  return PrepareForIds(ids);
}

std::int64_t PartitionKeeper::PrepareForIds(const std::vector<std::string_view>& ids) {
  if (!Used()) return 0;
  const std::int64_t today = DayOf(clock_.NowUnixMs()).begin_unix_ms;
  std::int64_t unexpected = 0;
  std::set<std::int64_t> days;
  for (const std::string_view id : ids) {
    const std::int64_t day = DayOf(UnixMsOfId(id)).begin_unix_ms;
    const bool expected =
        day >= today - kLateDaysMax * kDayMs && day <= today + ahead_days_ * kDayMs;
    unexpected += expected ? 0 : 1;
    if (expected) days.insert(day);
  }
  if (Unknown(days).empty() || SteadyNs() < next_try_ns_) return unexpected;
  // The days ahead too: so they are made once a day by whoever writes first.
  for (std::int64_t i = 0; i <= ahead_days_; ++i) days.insert(today + i * kDayMs);
  const absl::StatusOr<std::int64_t> made = Make(Unknown(days));
  if (!made.ok()) {
    next_try_ns_ = SteadyNs() + kPauseAfterFailureNs;
    LogWarning("partitions not made; rows go to the default one",
               {{"error", View(made.status().message())}});
  }
  return unexpected;
}

absl::StatusOr<std::int64_t> PartitionKeeper::SortDefault(std::size_t days_max) {
  if (!Used()) return 0;
  const std::int64_t last = DayOf(clock_.NowUnixMs()).begin_unix_ms + ahead_days_ * kDayMs;
  absl::StatusOr<std::vector<std::int64_t>> days =
      DefaultDays(database_, tables_.front(), last, days_max);
  if (!days.ok()) return days.status();
  // One transaction a day: the default partition is locked while its rows move.
  std::int64_t moved_events = 0;
  for (const std::int64_t day : *days) {
    absl::StatusOr<std::int64_t> moved = Make({day});
    if (!moved.ok()) return moved.status();
    moved_events += *moved;
  }
  return moved_events;
}

absl::StatusOr<std::int64_t> PartitionKeeper::DropBefore(std::int64_t from_unix_ms) {
  if (!Used()) return 0;
  absl::StatusOr<PartitionReport> report = Report();
  if (!report.ok()) return report.status();
  std::int64_t dropped = 0;
  for (const DayPartition& partition : report->partitions) {
    if (partition.span.end_unix_ms > from_unix_ms) continue;
    if (absl::Status status = DropOne(database_, tables_, partition); !status.ok()) return status;
    ++dropped;
    const std::lock_guard<std::mutex> lock(mutex_);
    known_days_.erase(known_days_.begin(), known_days_.lower_bound(partition.span.end_unix_ms));
  }
  return dropped;
}

absl::StatusOr<PartitionReport> PartitionKeeper::Report() {
  PartitionReport report{.partitioned = Used()};
  if (!report.partitioned) return report;
  absl::Status status = database_.Read([&](Transaction& transaction) {
    absl::StatusOr<std::vector<DayPartition>> partitions =
        ReadDayPartitions(transaction, tables_.front().name);
    if (!partitions.ok()) return partitions.status();
    report.partitions = *std::move(partitions);
    absl::StatusOr<Result> rows =
        transaction.Execute(StrCat("SELECT COUNT(*) FROM ", tables_.front().name, kDefaultSuffix));
    if (!rows.ok()) return rows.status();
    report.default_events = rows->rows.at(0).Int(0);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return report;
}

}  // namespace weir::usage
