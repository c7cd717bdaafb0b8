// Brings the spool's events to the usage service and deletes them when it has committed them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libs/common/grpc_security.h"

namespace weir {
class Metrics;
}

namespace weir::relay {

class UsageSpool;

struct ReporterOptions {
  std::string usage_target;  // host:port
  GrpcSecurity security;
  std::string relay_id;
  std::int64_t batch_events_max = 500;
  std::int64_t batch_bytes_max = 1 << 20;
  std::int64_t batch_age_ms = 50;        // an event waits at most this long for others
  int batches_in_flight_max = 16;        // sent, not yet acknowledged
  std::int64_t ack_timeout_ms = 30'000;  // then the stream is opened anew
  std::int64_t reconnect_initial_ms = 100;
  std::int64_t reconnect_max_ms = 5'000;
};

// Owns one thread from Start() to Stop(). At least once: what was sent and not acknowledged is sent
// again on the next stream, and after a restart. `spool` and `metrics` must outlive it.
class UsageReporter {
 public:
  UsageReporter(ReporterOptions options, UsageSpool& spool, Metrics& metrics);
  ~UsageReporter();  // stops

  void Start();
  // Waits until every event appended before the call is acknowledged, at most `timeout_ms`; true
  // when it came to that. For shutdown: after the last Append, before Stop().
  bool Drain(std::int64_t timeout_ms);
  // Ends the stream and the thread, in milliseconds. Events not acknowledged stay in the spool.
  void Stop();

  std::int64_t events_acked() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::relay
