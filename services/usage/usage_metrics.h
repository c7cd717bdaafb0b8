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
  prometheus::Counter& cost_mismatches;
  prometheus::Counter& commit_failures;
  prometheus::Histogram& commit_seconds;
  prometheus::Histogram& commit_events;
  prometheus::Gauge& queue_events;
  prometheus::Gauge& ingest_streams;
};

}  // namespace weir::usage
