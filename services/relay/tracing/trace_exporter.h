// Tells a collector of finished requests, by OTLP over gRPC (opentelemetry.io/docs/specs/otlp), on
// a thread of its own. Requests never wait for it: what finds no room, or is not taken in time, is
// dropped and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "services/relay/tracing/finished_trace.h"
#include "services/relay/tracing/trace_settings.h"

namespace weir {
class Metrics;
}

namespace weir::relay {

struct TraceExporterOptions {
  TraceCollector collector;
  std::string relay_id;
  std::size_t batch_requests = 512;  // so many are sent at once,
  std::size_t batch_spans = 1'024;   // but no more spans than these
  std::int64_t batch_age_ms = 1'000;
  std::int64_t call_ms = 10'000;   // for one attempt to hand a batch over
  std::int64_t retry_ms = 60'000;  // for all of them; then it is dropped
  std::int64_t pause_initial_ms = 250;
  std::int64_t pause_max_ms = 5'000;
};

class TraceExporter {
 public:
  // `metrics` must outlive it.
  TraceExporter(TraceExporterOptions options, Metrics& metrics);
  ~TraceExporter();  // stops at once

  // Owns one thread from here to Stop().
  void Start();
  // Hands over what is there, for at most `timeout_ms`; the rest is dropped. After the loops.
  void Stop(std::int64_t timeout_ms);

  // From any thread; a lock that is held for a moment.
  void Submit(std::unique_ptr<const FinishedTrace> trace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::relay
