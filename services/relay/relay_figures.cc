#include "services/relay/relay_figures.h"

#include <algorithm>

#include "services/relay/loop_worker.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"

namespace weir::relay {
namespace {

std::int64_t Sum(const Workers& workers, LoopCounters::Counter LoopCounters::*counter) {
  return static_cast<std::int64_t>(SumOf(workers, counter));
}

bool IsUp(const RedisCounters& counters) {
  return counters.up.load(std::memory_order_relaxed) != 0;
}

}  // namespace

v1::RelayFigures FiguresOf(const Workers& workers, const UsageSpool& spool) {
  v1::RelayFigures figures;
  figures.set_connections(Sum(workers, &LoopCounters::connections_open));
  figures.set_requests_in_flight(Sum(workers, &LoopCounters::requests_in_flight));
  figures.set_streams(Sum(workers, &LoopCounters::streams_open));
  figures.set_requests_total(Sum(workers, &LoopCounters::requests));
  figures.set_spool_events(spool.events_pending());
  figures.set_spool_bytes(spool.bytes());
  std::int64_t oldest_unix_ms = 0;
  spool.VisitOldest([&oldest_unix_ms](std::string_view payload) {
    const std::int64_t began = BeginningOfEvent(payload);
    if (oldest_unix_ms == 0 || (began != 0 && began < oldest_unix_ms)) oldest_unix_ms = began;
  });
  figures.set_spool_oldest_unix_ms(oldest_unix_ms);
  return figures;
}

v1::RedisState RedisStateOf(const Workers& workers, bool for_limits, bool for_answers) {
  if (!for_limits && !for_answers) return v1::REDIS_STATE_UNSPECIFIED;
  const bool up = std::all_of(workers.begin(), workers.end(), [=](const auto& worker) {
    return (!for_limits || IsUp(worker->redis_counters())) &&
           (!for_answers || IsUp(worker->cache_redis_counters()));
  });
  return up ? v1::REDIS_STATE_UP : v1::REDIS_STATE_AWAY;
}

}  // namespace weir::relay
