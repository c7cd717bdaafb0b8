// One loop with its thread and everything that belongs to it alone: listener, connection pool, TLS
// sessions, spool file, counters.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"

#include "services/relay/config.h"
#include "services/relay/http/listener.h"
#include "services/relay/net/event_loop.h"
#include "services/relay/net/resolver.h"
#include "services/relay/net/tls_client.h"
#include "services/relay/relay_environment.h"
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
  const std::atomic<bool>& draining;
};

class LoopWorker final : public RequestHandler {
 public:
  // Opens the loop's own parts. The errors of TLS authorities, spool and port.
  static absl::StatusOr<std::unique_ptr<LoopWorker>> Make(const SharedParts& shared,
                                                          const std::string& host, int port);
  ~LoopWorker() override;

  void Start();
  // From another thread: no more connections / close what is left / end the loop and its thread.
  void Drain();
  void CloseAll();
  void Stop();

  const LoopCounters& counters() const { return counters_; }

  Task<void> Handle(Exchange& exchange) override;
  Task<void> HandleBadHead(Exchange& exchange, ReadStatus status) override;
  void OnConnection(bool opened) override;

 private:
  LoopWorker(const SharedParts& shared, std::unique_ptr<TlsClient> tls,
             std::unique_ptr<SpoolWriter> spool_writer);

  EventLoop loop_;
  std::unique_ptr<TlsClient> tls_;
  ConnectionPool pool_;
  SnapshotReader snapshots_;
  std::unique_ptr<SpoolWriter> spool_writer_;
  LoopCounters counters_;
  RelayEnvironment environment_;
  Listener listener_;
  std::thread thread_;
};

}  // namespace weir::relay
