// Models without a price: what was served for nothing because of it, and what was refused. Counted
// by day in the transaction of the events, told in the log and by metrics.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/metrics.h"
#include "libs/common/sql/database.h"
#include "services/usage/rollups.h"
#include "services/usage/usage_event.h"
#include "services/usage/usage_ledger.h"

namespace weir::usage {

// Used tokens that nobody had a price for.
bool IsServedUnpriced(const UsageEvent& event);
// The relay refused it for that reason.
bool IsRefusedUnpriced(const UsageEvent& event);

// One row for each day, model, served model and account among those events that are one of the two.
RollupRows UnpricedRows(const std::vector<const UsageEvent*>& events);

// Callers choose the names of refused requests: a day has so many of them, and the others are one,
// kUnknownModel.
inline constexpr std::size_t kRefusedModelsMax = 1'000;

// Folds what goes beyond it, in the rows of UnpricedRows. Two writers at once may go a little
// beyond.
absl::Status BoundRefusedModels(sql::Transaction& transaction, RollupRows& rows,
                                std::size_t models_max = kRefusedModelsMax);

struct UnpricedModel {
  std::string model = {};
  std::string served_model = {};  // empty = refused
  std::int64_t account_id = 0;
  std::int64_t served_requests = 0;
  std::int64_t refused_requests = 0;
  std::int64_t input_tokens = 0;  // cache included
  std::int64_t output_tokens = 0;
  std::int64_t last_seen_unix_ms = 0;
  std::int64_t first_seen_unix_ms = 0;  // the last request of the first day; only when read
};

inline constexpr std::int64_t kUnpricedModelsMax = 1'000;

// From the UTC day of `from_unix_ms` on, the most requests first. 0 = no bound.
absl::StatusOr<std::vector<UnpricedModel>> ReadUnpriced(sql::Database& database,
                                                        std::int64_t from_unix_ms,
                                                        std::int64_t to_unix_ms);

// Says in the log which models have no price, each once an hour, and counts. Thread-safe.
class UnpricedWatch {
 public:
  // Both must outlive it.
  UnpricedWatch(Metrics& metrics, const Clock& clock);

  // Of a batch that was stored; `outcomes` as UsageLedger::Insert gives them.
  void Note(const std::vector<const UsageEvent*>& events, const std::vector<Stored>& outcomes);

 private:
  void Tell(const UsageEvent& event);

  const Clock& clock_;
  prometheus::Counter& served_;
  prometheus::Counter& refused_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> told_at_unix_ms_;  // by model; guarded by mutex_
};

}  // namespace weir::usage
