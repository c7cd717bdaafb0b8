// One loop with its thread and everything that belongs to it alone: listener, connection pool, TLS
// sessions, spool file, counters.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"

#include "services/relay/accounts/retry_budget.h"
#include "services/relay/accounts/session_memory.h"
#include "services/relay/config.h"
#include "services/relay/http/listener.h"
#include "services/relay/metering/traffic_figures.h"
#include "services/relay/net/event_loop.h"
#include "services/relay/net/resolver.h"
#include "services/relay/net/tls_client.h"
#include "services/relay/relay_environment.h"
#include "services/relay/shared_cache/shared_cache.h"
#include "services/relay/shared_limits/shared_limiter.h"
#include "services/relay/upstream/connection_pool.h"

namespace weir::relay {

// What the loops share.
struct SharedParts {
  const Config& config;
  Resolver& resolver;
  const SnapshotHolder& snapshots;
  SnapshotSubscriber& subscriber;
  UsageSpool& spool;
  ReasonCounters& reasons;
  SessionMemory& sessions;
  RateLimiter& rate_limiter;
  ResponseCache& cache;
  StreamRegistry& streams;
  SignatureTable& signatures;
  LeaseDesk& leases;
  BodyDesk& bodies;
  TraceExporter* traces;  // null: nobody is told of spans
  AccessLog& access_log;
  const std::atomic<bool>& draining;
  const std::atomic<bool>& closing;
  BufferCap& buffer_cap;
};

// Once a second on the loop: gives back memory that only an idle loop would go on holding.
class LoopHousekeeper final : public Waiter {
 public:
  LoopHousekeeper(EventLoop& loop, SnapshotReader& snapshots, StreamRegistry& streams);
  ~LoopHousekeeper();
  LoopHousekeeper(const LoopHousekeeper&) = delete;
  LoopHousekeeper& operator=(const LoopHousekeeper&) = delete;

  void Wake(bool timed_out) override;

 private:
  EventLoop& loop_;
  SnapshotReader& snapshots_;
  StreamRegistry& streams_;
};

class LoopWorker final : public RequestHandler {
 public:
  // Opens the loop's own parts. The errors of TLS authorities, spool and port.
  static absl::StatusOr<std::unique_ptr<LoopWorker>> Make(const SharedParts& shared, int number,
                                                          const std::string& host, int port);
  ~LoopWorker() override;

  void Start();
  // From another thread: no more connections / close what is left / end the loop and its thread.
  void Drain();
  void CloseAll();
  void Stop();

  // From another thread: runs `work` on the loop, with what its requests work by.
  void RunOnLoop(std::function<void(RelayEnvironment&)> work);

  // From another thread: SharedLimiter::Peek on the loop, within `timeout_ms`. False: Redis is
  // away.
  bool PeekShared(std::vector<SharedPeek>& peeks, std::int64_t timeout_ms);

  const LoopCounters& counters() const { return counters_; }
  const TrafficFigures& traffic() const { return *traffic_; }
  const RedisCounters& redis_counters() const { return redis_counters_; }
  const RedisCounters& cache_redis_counters() const { return cache_redis_counters_; }
  const IntentFile& intents() const { return *intents_; }
  const LoopBuffers& buffers() const { return loop_.buffers(); }

  Task<void> Handle(Exchange& exchange) override;
  Task<void> HandleBadHead(Exchange& exchange, ReadStatus status) override;
  void OnConnection(bool opened) override;

 private:
  LoopWorker(const SharedParts& shared, std::unique_ptr<TlsClient> tls,
             std::unique_ptr<SpoolWriter> spool_writer, std::unique_ptr<IntentFile> intents);

  EventLoop loop_;
  std::unique_ptr<TlsClient> tls_;
  ConnectionPool pool_;
  SnapshotReader snapshots_;
  LoopHousekeeper housekeeper_;
  std::unique_ptr<SpoolWriter> spool_writer_;
  std::unique_ptr<IntentFile> intents_;
  LoopCounters counters_;
  std::unique_ptr<TrafficFigures> traffic_ = std::make_unique<TrafficFigures>();
  RetryBudget retries_;
  RedisCounters redis_counters_;
  SharedLimiter shared_limiter_;
  RedisCounters cache_redis_counters_;
  SharedCache shared_cache_;
  RelayEnvironment environment_;
  Listener listener_;
  std::thread thread_;
};

}  // namespace weir::relay
