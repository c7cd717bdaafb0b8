// Runs that rate recorded requests again. A run is a row: what it is to do, how far it has come and
// what it has seen. Each step is one transaction over a piece of the requests, in the order of
// their ids, so a process that dies has lost at most a step, and whoever goes on repeats nothing.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/rerating.h"

namespace weir::usage {

struct RerateRun {
  std::int64_t id = 0;
  RerateState state = RerateState::kRunning;
  // The bytes that were given to Start: a whole list of prices, so only NextRunning reads it.
  std::string order = {};
  bool dry_run = false;
  bool charge_budgets = false;
  std::int64_t from_unix_ms = 0;
  std::int64_t to_unix_ms = 0;
  std::int64_t created_at_unix_ms = 0;
  std::int64_t updated_at_unix_ms = 0;
  std::int64_t ended_at_unix_ms = 0;     // 0 = not yet
  std::int64_t rated_until_unix_ms = 0;  // how far it has come
  std::string last_id = {};              // the same, exactly
  std::string error = {};                // of kFailed
  RerateCounts counts = {};
  // By served model, by name; only where one run is asked for.
  std::vector<std::pair<std::string, RerateCounts>> models = {};
};

// Runs that are over go when so many newer ones are there; their corrections stay.
inline constexpr std::int64_t kRerateRunsMax = 200;
inline constexpr std::int64_t kRerateStepEvents = 1'000;

// Thread-safe, also against ledgers of other processes on the same database: the steps of all runs
// follow each other, so that two runs never correct a request at the same time.
class RerateLedger {
 public:
  // Both references must outlive it.
  RerateLedger(sql::Database& database, const Clock& clock,
               std::int64_t step_events = kRerateStepEvents)
      : database_(database), clock_(clock), step_events_(step_events) {}

  // `order_bytes` is what NextRunning gives back to who goes on after a restart. InvalidArgument: a
  // range that is none.
  absl::StatusOr<RerateRun> Start(const RerateOrder& order, const std::string& order_bytes);

  // The oldest run that is not over, with its order; id 0 = there is none.
  absl::StatusOr<RerateRun> NextRunning();

  // The next piece of the run; false = it is over: done, or somebody has cancelled it.
  absl::StatusOr<bool> Step(std::int64_t run_id, const RerateOrder& order);

  // The run is over, and says why.
  absl::Status Fail(std::int64_t run_id, const std::string& error);
  // What is corrected stays so. Nothing happens to a run that is over. NotFound.
  absl::StatusOr<RerateRun> Cancel(std::int64_t run_id);
  // With its models. NotFound.
  absl::StatusOr<RerateRun> Get(std::int64_t run_id);
  // The newest first.
  absl::StatusOr<std::vector<RerateRun>> List();

 private:
  sql::Database& database_;
  const Clock& clock_;
  const std::int64_t step_events_;
};

}  // namespace weir::usage
