// Rating recorded requests again: by the prices that are known now to have been in force when each
// request began. Pure arithmetic over libs/common's prices and costs, which the relay uses too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/common/price_table.h"
#include "services/usage/event_filter.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// What a run is to do; it does not change while it runs.
struct RerateOrder {
  EventFilter filter = {};      // of events; from_unix_ms and to_unix_ms must be set
  bool dry_run = false;         // only tell what would change
  bool charge_budgets = false;  // corrections count as spend too
  PriceTable prices = PriceTable({});
  std::map<std::int64_t, std::string> providers = {};  // by account
};

// The numbers are weir.v1.RerateState's, and the table's.
enum class RerateState : std::int64_t { kRunning = 1, kDone = 2, kCancelled = 3, kFailed = 4 };

// What corrections have added to an event so far.
struct CorrectionSums {
  std::int64_t count = 0;
  std::int64_t cost_nano_usd = 0;
  std::int64_t spend_nano_usd = 0;
};

// A change to the sums that an event is a part of.
struct CostChange {
  const UsageEvent* event = nullptr;
  std::int64_t cost_nano_usd = 0;
  std::int64_t spend_nano_usd = 0;
};

enum class RatedAs {
  kPriced,
  kUnpriced,         // no price was in force: what was charged stays
  kUnknownProvider,  // its account is gone, and so is the price it was charged by: the same
};

struct Rating {
  RatedAs as = RatedAs::kUnpriced;
  AppliedPrice price = {};
  std::int64_t cost_nano_usd = 0;  // as it is to be
};

// The group's multiplier is the one that was recorded.
Rating RateAgain(const UsageEvent& event, const RerateOrder& order);

// The line that takes the event from `known` to `rating`; none when nothing is to change.
// Without its time and its run.
std::optional<Correction> CorrectionFor(const UsageEvent& event, const CorrectionSums& known,
                                        const Rating& rating, bool charge_budgets);

// What a run has seen, in all or of one served model.
struct RerateCounts {
  std::int64_t events = 0;
  std::int64_t corrected = 0;  // cost changed, or would
  std::int64_t unpriced = 0;
  std::int64_t unknown_provider = 0;
  std::int64_t before_nano_usd = 0;  // earlier corrections included
  std::int64_t after_nano_usd = 0;

  void Add(const UsageEvent& event, const CorrectionSums& known, const Rating& rating);
  void Add(const RerateCounts& others);

  bool operator==(const RerateCounts&) const = default;
};

}  // namespace weir::usage
