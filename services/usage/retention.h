// How long the ledger keeps what it has: requests and attempts by `retention_days`, the sums of
// quarter-hours by `rollup_retention_days`.
//
// A request that is gone can no longer be told from one that was never there. So the moment from
// which on requests are kept is written down before anything goes, and moves only forward: what a
// relay sends of the time before is refused, and never counted a second time.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/partition_keeper.h"

namespace weir::usage {

// Days that are kept whole, beside today. 0 = for ever.
struct RetentionOptions {
  std::int64_t retention_days = 0;
  std::int64_t rollup_retention_days = 0;
};

// InvalidArgument: sums that would go before what they are the sums of.
absl::Status CheckRetention(const RetentionOptions& options);

// What one run took away.
struct RetentionResult {
  std::int64_t kept_from_unix_ms = 0;
  std::int64_t partitions_dropped = 0;  // days, whole
  std::int64_t events_deleted = 0;      // one by one
  std::int64_t quarters_deleted = 0;    // rows of sums
  std::int64_t days_folded = 0;         // days of spend that became a part of "earlier"
};

// Events whose ids are from before are refused. In a transaction that stores events: until its end
// nobody moves it.
absl::StatusOr<std::int64_t> HoldKeptFrom(sql::Transaction& transaction);

// Until the transaction's end nobody stores or corrects events: they wait, so keep it short.
absl::Status KeepWritersOut(sql::Transaction& transaction);

// Thread-safe; runs of several processes do each other's work, not harm.
class Retention {
 public:
  // All references must outlive it.
  Retention(sql::Database& database, PartitionKeeper& partitions, const Clock& clock,
            RetentionOptions options)
      : database_(database), partitions_(partitions), clock_(clock), options_(options) {}

  // Takes away what is older than the options say, in transactions so short that events go on being
  // stored. Days are counted back from the last one on which something was stored, so that a clock
  // that runs ahead deletes nothing. `gone` is asked between steps: true = stop, Cancelled. Aborted
  // when others kept a partition or the bound busy for too long; the next run does what is left.
  absl::StatusOr<RetentionResult> Apply(const std::function<bool()>& gone);

  // Requests of the time before go, whatever the options say; their sums stay.
  absl::StatusOr<RetentionResult> DeleteEventsBefore(std::int64_t unix_ms,
                                                     const std::function<bool()>& gone);

  absl::StatusOr<std::int64_t> KeptFrom();

 private:
  // The first moment of what `days` days keep; 0 = everything.
  absl::StatusOr<std::int64_t> FloorOf(std::int64_t days);
  absl::Status RaiseKeptFrom(std::int64_t unix_ms, const std::function<bool()>& gone);
  absl::Status DropPartitions(RetentionResult& result, const std::function<bool()>& gone);
  absl::Status DeleteRows(RetentionResult& result, const std::function<bool()>& gone);
  absl::Status DeleteRollups(RetentionResult& result, const std::function<bool()>& gone);

  sql::Database& database_;
  PartitionKeeper& partitions_;
  const Clock& clock_;
  const RetentionOptions options_;
};

}  // namespace weir::usage
