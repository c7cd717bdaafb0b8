#include "services/relay/loop_worker.h"

#include <utility>

#include "services/relay/metering/usage_spool.h"
#include "services/relay/relay_request.h"

namespace weir::relay {
namespace {

constexpr std::size_t kIdlePerUpstreamMax = 256;

}  // namespace

absl::StatusOr<std::unique_ptr<LoopWorker>> LoopWorker::Make(const SharedParts& shared,
                                                             const std::string& host, int port) {
  absl::StatusOr<std::unique_ptr<TlsClient>> tls = TlsClient::Make(shared.config.upstream_ca_file);
  if (!tls.ok()) return tls.status();
  absl::StatusOr<std::unique_ptr<SpoolWriter>> writer = shared.spool.NewWriter();
  if (!writer.ok()) return writer.status();
  std::unique_ptr<LoopWorker> worker(new LoopWorker(shared, *std::move(tls), *std::move(writer)));
  if (absl::Status status = worker->listener_.Listen(host, port); !status.ok()) return status;
  return worker;
}

LoopWorker::LoopWorker(const SharedParts& shared, std::unique_ptr<TlsClient> tls,
                       std::unique_ptr<SpoolWriter> spool_writer)
    : tls_(std::move(tls)),
      pool_(loop_, shared.config.upstream_idle_timeout_ms, kIdlePerUpstreamMax),
      snapshots_(shared.snapshots),
      spool_writer_(std::move(spool_writer)),
      environment_{{loop_, shared.resolver, *tls_, pool_},
                   snapshots_,
                   shared.spool,
                   *spool_writer_,
                   shared.subscriber,
                   counters_,
                   shared.reasons,
                   shared.config.limits,
                   shared.config.relay_id,
                   shared.config.attempts_max,
                   shared.draining},
      listener_(loop_, *this, shared.config.limits) {}

LoopWorker::~LoopWorker() { Stop(); }

void LoopWorker::Start() {
  thread_ = std::thread([this] { loop_.Run(); });
}

void LoopWorker::Drain() {
  loop_.Post([this] { listener_.Drain(); });
}

void LoopWorker::CloseAll() {
  loop_.Post([this] { listener_.CloseAll(); });
}

void LoopWorker::Stop() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

Task<void> LoopWorker::Handle(Exchange& exchange) {
  LoopCounters::Add(counters_.requests_in_flight);
  co_await RelayRequest(environment_, exchange);
  LoopCounters::Add(counters_.requests_in_flight, ~std::uint64_t{0});  // minus one
}

Task<void> LoopWorker::HandleBadHead(Exchange& exchange, ReadStatus status) {
  co_await RefuseHead(environment_, exchange, status);
}

void LoopWorker::OnConnection(bool opened) {
  if (opened) LoopCounters::Add(counters_.connections_accepted);
  LoopCounters::Add(counters_.connections_open, opened ? 1 : ~std::uint64_t{0});
}

}  // namespace weir::relay
