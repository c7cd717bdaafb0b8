// Questions to the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/budget.h"
#include "services/usage/event_filter.h"
#include "services/usage/page_bound.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

enum class EventOrder { kNewest, kOldest, kCost, kLatency };

struct ListQuestion {
  EventFilter filter = {};
  EventOrder order = EventOrder::kNewest;
  std::int64_t limit = 50;  // 1 to kListRowsMax
  std::int64_t offset = 0;  // not together with cursor
  std::string cursor = {};  // of the page before, of the same order
  bool with_total = false;
};

inline constexpr std::int64_t kListRowsMax = 200;
inline constexpr std::int64_t kExportPieceRows = 500;

struct ListAnswer {
  std::vector<UsageEvent> events;            // without attempts, with the sum of corrections
  std::vector<std::int64_t> attempt_counts;  // of each of them
  std::int64_t total = 0;
  bool total_at_least = false;  // there are more; see event_count.h
  std::string next_cursor;      // empty = the last page
  // Unix ms; rows beyond have not been looked at, and may match (page_bound.h). 0 = all have.
  std::int64_t searched_to_unix_ms = 0;
};

// Thread-safe. Errors: InvalidArgument for a question that makes no sense, NotFound, and those of
// Database::Read.
class UsageQuery {
 public:
  // `database` must outlive it.
  explicit UsageQuery(sql::Database& database, std::int64_t walked_rows_max = kWalkedRowsMax)
      : database_(database), walked_rows_max_(walked_rows_max) {}

  absl::StatusOr<ListAnswer> List(const ListQuestion& question);
  // All that match, the oldest first, piece by piece (without totals), until `take` returns
  // false. Each piece is a query of its own, so that a slow taker holds nothing up.
  absl::Status Export(const EventFilter& filter,
                      const std::function<bool(const ListAnswer& piece)>& take);
  // With its attempts and corrections. `id`: 16 bytes.
  absl::StatusOr<UsageEvent> Get(const std::string& id);
  // Id -> time; absent = never used.
  absl::StatusOr<std::map<std::int64_t, std::int64_t>> LastUsed(
      SubjectKind kind, const std::vector<std::int64_t>& ids);

 private:
  absl::Status ReadPage(sql::Transaction& transaction, const ListQuestion& question,
                        ListAnswer& answer);

  sql::Database& database_;
  const std::int64_t walked_rows_max_;
};

}  // namespace weir::usage
