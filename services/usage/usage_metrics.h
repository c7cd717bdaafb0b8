// What weir-usage counts. Names and help texts are in the .cc file alone.
#pragma once

#include "libs/common/metrics.h"

namespace weir::usage {

// `metrics` must outlive it.
struct UsageMetrics {
  explicit UsageMetrics(Metrics& metrics);

  prometheus::Counter& events_inserted;
  prometheus::Counter& events_duplicate;
  prometheus::Counter& events_rejected;
  prometheus::Counter& events_too_old;
  prometheus::Counter& events_unexpected_day;
  prometheus::Counter& events_conflicting;
  prometheus::Counter& cost_mismatches;
  prometheus::Counter& commit_failures;
  prometheus::Histogram& commit_seconds;
  prometheus::Histogram& commit_events;
  prometheus::Counter& bodies_inserted;
  prometheus::Counter& bodies_duplicate;
  prometheus::Counter& bodies_rejected;
  prometheus::Counter& bodies_bytes;
  prometheus::Gauge& queue_events;
  prometheus::Gauge& ingest_streams;
};

}  // namespace weir::usage
