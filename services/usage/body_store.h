// Recorded bodies in the database: kept for their own time, known by request and kind. On
// PostgreSQL cut by day as the ledger is. Nothing here reads what a body says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/partition_keeper.h"

namespace weir::usage {

// See weir.v1.RecordedBody.
struct StoredBody {
  std::string request_id = {};  // 16 bytes
  std::int64_t kind = 0;
  std::int64_t key_id = 0;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  std::string content_type = {};
  std::string zstd = {};
  std::int64_t text_bytes = 0;
  std::int64_t original_bytes = 0;
  bool cut = false;
  bool whole = false;
  bool binary = false;
  std::int64_t masked = 0;
};

// InvalidArgument: it can never be stored.
absl::Status CheckBody(const StoredBody& body);

// What became of the bodies of one batch.
struct BodiesInserted {
  std::int64_t inserted = 0;
  std::int64_t duplicates = 0;
  std::int64_t too_old = 0;
};

// All that are set must hold; 0 and empty = not set.
struct BodyFilter {
  std::string request_id = {};
  std::int64_t from_unix_ms = 0;  // by the time in the request's id
  std::int64_t before_unix_ms = 0;
  std::int64_t key_id = 0;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;

  bool operator==(const BodyFilter&) const = default;
};

struct BodiesDeleted {
  std::int64_t deleted = 0;             // one by one
  std::int64_t partitions_dropped = 0;  // days, whole
};

// Thread-safe.
class BodyStore {
 public:
  // All references must outlive it; `partitions` are those of kBodyTables. `retention_days`: days
  // that are kept whole, beside today; 0 = for ever.
  BodyStore(sql::Database& database, PartitionKeeper& partitions, const Clock& clock,
            std::int64_t retention_days)
      : database_(database),
        partitions_(partitions),
        clock_(clock),
        retention_days_(retention_days) {}

  // In one transaction; those that are there already change nothing. All have passed CheckBody.
  absl::StatusOr<BodiesInserted> Insert(const std::vector<StoredBody>& bodies);

  // By kind; empty: none are there.
  absl::StatusOr<std::vector<StoredBody>> Get(const std::string& request_id);

  // InvalidArgument when nothing is set. `gone` is asked between steps: true = stop, Cancelled.
  using Gone = std::function<bool()>;
  absl::StatusOr<BodiesDeleted> Delete(const BodyFilter& filter, const Gone& gone);

  // What is older than the days that are kept.
  absl::StatusOr<BodiesDeleted> ApplyRetention(const Gone& gone);
  // All of before that moment.
  absl::StatusOr<BodiesDeleted> DeleteBefore(std::int64_t unix_ms, const Gone& gone);

 private:
  std::int64_t KeptFrom() const;
  absl::StatusOr<std::int64_t> DeleteRows(const BodyFilter& filter, const Gone& gone);

  sql::Database& database_;
  PartitionKeeper& partitions_;
  const Clock& clock_;
  const std::int64_t retention_days_;
};

}  // namespace weir::usage
