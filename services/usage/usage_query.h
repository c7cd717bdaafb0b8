// Questions to the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/event_filter.h"
#include "services/usage/rollups.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

enum class EventOrder { kNewest, kOldest, kCost, kLatency };

struct ListQuestion {
  EventFilter filter = {};
  EventOrder order = EventOrder::kNewest;
  std::int64_t limit = 50;  // 1 to kListRowsMax
  std::int64_t offset = 0;  // not together with cursor
  std::string cursor = {};  // of the page before; only with kNewest and kOldest
  bool with_total = false;
};

inline constexpr std::int64_t kListRowsMax = 200;

struct ListAnswer {
  std::vector<UsageEvent> events;  // without attempts
  std::int64_t total = 0;
  std::string next_cursor;  // empty = the last page, or an order without cursors
};

// One row of a summary; the dimensions that were not asked for stay 0 and "".
struct SummaryRow {
  std::string model;
  std::int64_t key_id = 0;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  std::int64_t account_id = 0;
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t estimated_requests = 0;
  TokenCounts tokens;
  std::int64_t cost_nano_usd = 0;
};

enum class Dimension { kModel, kKey, kUser, kGroup, kAccount };

// Rows of one summary; the greatest by cost come first, the rest is left out.
inline constexpr std::int64_t kSummaryRowsMax = 10000;

// Thread-safe. Errors: InvalidArgument for a question that makes no sense, NotFound, and those of
// Database::Read.
class UsageQuery {
 public:
  // `database` must outlive it.
  explicit UsageQuery(sql::Database& database) : database_(database) {}

  absl::StatusOr<ListAnswer> List(const ListQuestion& question);
  // With its attempts. `id`: 16 bytes.
  absl::StatusOr<UsageEvent> Get(const std::string& id);
  absl::StatusOr<std::vector<SummaryRow>> Summarize(const EventFilter& filter,
                                                    const std::vector<Dimension>& by);
  // Id -> time; absent = never used.
  absl::StatusOr<std::map<std::int64_t, std::int64_t>> LastUsed(
      SubjectKind kind, const std::vector<std::int64_t>& ids);

 private:
  sql::Database& database_;
};

}  // namespace weir::usage
