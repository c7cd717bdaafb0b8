// What one loop's requests share. Made by the composition root (relay.cc); all of it outlives the
// loop's requests.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "libs/common/ip_block.h"
#include "services/relay/access_policy.h"
#include "services/relay/http/exchange.h"
#include "services/relay/snapshot/snapshot_holder.h"
#include "services/relay/snapshot/snapshot_subscriber.h"
#include "services/relay/tracing/trace_policy.h"
#include "services/relay/upstream/upstream_call.h"

namespace weir::relay {

class SpoolWriter;
class IntentFile;
class UsageSpool;
class ReasonCounters;
class RateLimiter;
class RetryBudget;
class SharedLimiter;
class SharedCache;
class TrafficFigures;
class SessionMemory;
class ResponseCache;
class StreamRegistry;
class SignatureTable;
class LeaseDesk;
class BodyDesk;
class TraceExporter;
class AccessLog;

// Written by one loop, read by /metrics: relaxed atomics, no shared cache lines between loops.
struct alignas(64) LoopCounters {
  using Counter = std::atomic<std::uint64_t>;

  static void Add(Counter& counter, std::uint64_t by = 1) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  Counter requests{};  // begun
  Counter connections_accepted{};
  Counter connections_open{};
  Counter requests_in_flight{};
  Counter streams_open{};
  Counter upstream_attempts{};
  Counter client_gone{};
  Counter retries{};  // attempts after a request's first
  Counter retries_denied{};
  Counter signed_blocks_dropped{};
  Counter account_probes{};
  Counter account_probes_good{};
  Counter events_unrecorded{};  // usage events that the spool refused: must stay 0
};

struct RelayEnvironment {
  UpstreamEnvironment upstream;
  SnapshotReader& snapshots;
  UsageSpool& spool;
  SpoolWriter& spool_writer;
  IntentFile& intents;
  SnapshotSubscriber& subscriber;
  LoopCounters& counters;
  TrafficFigures& traffic;
  ReasonCounters& reasons;
  RateLimiter& rate_limiter;
  RetryBudget& retries;
  SharedLimiter& shared_limiter;
  SharedCache& shared_cache;
  SessionMemory& sessions;
  ResponseCache& cache;
  StreamRegistry& streams;
  SignatureTable& signatures;
  LeaseDesk& leases;
  BodyDesk& bodies;
  const HttpLimits& limits;
  const std::vector<IpBlock>& trusted_proxies;  // whose X-Forwarded-For is believed
  const TracePolicy& tracing;
  TraceExporter* traces = nullptr;  // null: nobody is told of spans
  const AccessPolicy& access_policy;
  AccessLog& access_log;
  std::string relay_id;
  int attempts_max = 3;
  bool serve_unrecorded = false;  // also while the spool is full
  const std::atomic<bool>& draining;
  const std::atomic<bool>& closing;  // what is left ends now
};

}  // namespace weir::relay
