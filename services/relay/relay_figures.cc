#include "services/relay/relay_figures.h"

#include "services/relay/loop_worker.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"

namespace weir::relay {
namespace {

std::int64_t Sum(const Workers& workers, LoopCounters::Counter LoopCounters::*counter) {
  return static_cast<std::int64_t>(SumOf(workers, counter));
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

}  // namespace weir::relay
