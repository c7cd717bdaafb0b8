#include "services/relay/relay.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/ops_server.h"
#include "libs/common/text.h"
#include "libs/common/version.h"
#include "services/relay/loop_worker.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/metering/usage_reporter.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/snapshot_file.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kPollMs = 20;
constexpr std::int64_t kCloseGraceMs = 5'000;  // for requests that were cut to write their records
constexpr std::int64_t kHandOverMs = 5'000;    // for the spool; what is left waits on disk

// A stream needs two descriptors; the soft limit of 1024 would end at 500 of them.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::PermissionDeniedError(
        StrCat("cannot make the data folder '", path, "': ", error.message()));
  }
  ::chmod(path.c_str(), S_IRWXU);
  return absl::OkStatus();
}

using CounterOf = LoopCounters::Counter LoopCounters::*;

struct LoopMetric {
  Metrics::SampledKind kind;
  std::string_view name;
  std::string_view help;
  CounterOf counter;
};

constexpr LoopMetric kLoopMetrics[] = {
    {Metrics::SampledKind::kCounter, "weir_relay_connections_total", "Client connections accepted.",
     &LoopCounters::connections_accepted},
    {Metrics::SampledKind::kGauge, "weir_relay_connections", "Client connections open.",
     &LoopCounters::connections_open},
    {Metrics::SampledKind::kGauge, "weir_relay_requests_in_flight", "Requests under way.",
     &LoopCounters::requests_in_flight},
    {Metrics::SampledKind::kGauge, "weir_relay_streams", "Event streams open.",
     &LoopCounters::streams_open},
    {Metrics::SampledKind::kCounter, "weir_relay_upstream_attempts_total", "Calls of upstreams.",
     &LoopCounters::upstream_attempts},
    {Metrics::SampledKind::kCounter, "weir_relay_client_gone_total",
     "Requests whose client left before the end.", &LoopCounters::client_gone},
    {Metrics::SampledKind::kCounter, "weir_relay_events_unrecorded_total",
     "Usage events that the spool refused; must stay 0.", &LoopCounters::events_unrecorded},
};

}  // namespace

class Relay::Impl {
 public:
  explicit Impl(Config config) : config_(std::move(config)) {}

  absl::Status Start();
  void DrainAndStop();

 private:
  absl::Status MakeWorkers();
  absl::Status StartOps();
  absl::Status Readiness() const;
  std::uint64_t Sum(CounterOf counter) const;
  bool AwaitIdle(std::int64_t timeout_ms) const;

  Config config_;
  Metrics metrics_;
  ReasonCounters reasons_{metrics_};
  std::atomic<bool> draining_{false};
  Resolver resolver_;
  SnapshotHolder snapshots_;
  AccountHealthRegistry health_;
  std::unique_ptr<SnapshotFile> snapshot_file_;
  std::unique_ptr<SnapshotSubscriber> subscriber_;
  std::unique_ptr<UsageSpool> spool_;
  std::unique_ptr<UsageReporter> reporter_;
  std::vector<std::unique_ptr<LoopWorker>> workers_;
  std::unique_ptr<OpsServer> ops_;
};

absl::Status Relay::Impl::Start() {
  RaiseDescriptorLimit();
  if (absl::Status status = MakeFolder(config_.data_dir); !status.ok()) return status;

  // The spool first: without it nothing may be served.
  SpoolOptions spool_options;
  spool_options.folder = config_.data_dir + "/spool";
  spool_options.bytes_max = config_.spool_bytes_max;
  spool_options.sync_ms = config_.spool_sync_ms;
  absl::StatusOr<std::unique_ptr<UsageSpool>> spool = UsageSpool::Open(spool_options);
  if (!spool.ok()) return spool.status();
  spool_ = *std::move(spool);
  spool_->AddMetrics(metrics_);

  // Its reader hands over to usage, also what an earlier run left.
  ReporterOptions reporter_options;
  reporter_options.usage_target = config_.usage_target;
  reporter_options.security = config_.security;
  reporter_options.relay_id = config_.relay_id;
  reporter_ = std::make_unique<UsageReporter>(reporter_options, *spool_, metrics_);
  reporter_->Start();

  // The configuration: from the disk at once, from admin as soon as it answers.
  snapshot_file_ =
      std::make_unique<SnapshotFile>(config_.data_dir + "/snapshot", config_.snapshot_file_secret);
  SubscriberOptions subscriber_options;
  subscriber_options.admin_target = config_.admin_target;
  subscriber_options.security = config_.security;
  subscriber_options.relay_id = config_.relay_id;
  subscriber_options.version = std::string(kVersion);
  subscriber_ = std::make_unique<SnapshotSubscriber>(subscriber_options, snapshots_, health_,
                                                     snapshot_file_.get(), metrics_);
  subscriber_->LoadFromFile();
  subscriber_->Start();

  // Both ports are there before the first connection is taken.
  if (absl::Status status = MakeWorkers(); !status.ok()) return status;
  if (absl::Status status = StartOps(); !status.ok()) return status;
  for (const auto& worker : workers_) worker->Start();
  return absl::OkStatus();
}

absl::Status Relay::Impl::MakeWorkers() {
  const absl::StatusOr<HostPort> address = ParseHostPort(config_.listen);
  if (!address.ok()) return address.status();
  const SharedParts shared{config_, resolver_, snapshots_, *subscriber_,
                           *spool_, reasons_,  draining_};
  absl::Status free = Listener::CheckFree(address->host, address->port);
  if (!free.ok()) return free;
  for (int i = 0; i < config_.threads; ++i) {
    absl::StatusOr<std::unique_ptr<LoopWorker>> worker =
        LoopWorker::Make(shared, address->host, address->port);
    if (!worker.ok()) return worker.status();
    workers_.push_back(*std::move(worker));
  }
  for (const LoopMetric& metric : kLoopMetrics) {
    metrics_.AddSampled(metric.kind, metric.name, metric.help, {},
                        [this, &metric] { return static_cast<double>(Sum(metric.counter)); });
  }
  return absl::OkStatus();
}

absl::Status Relay::Impl::StartOps() {
  ops_ = std::make_unique<OpsServer>(metrics_, [this] { return Readiness(); });
  return ops_->Start(config_.ops_listen);
}

absl::Status Relay::Impl::Readiness() const {
  if (draining_) return absl::UnavailableError("draining");
  if (snapshots_.version() == 0) return absl::UnavailableError("no snapshot from admin yet");
  if (!spool_->CanAccept()) return absl::UnavailableError("the usage spool is full");
  return absl::OkStatus();
}

// The sum over all loops; gauges count up and down by wrapping, which sums right.
std::uint64_t Relay::Impl::Sum(CounterOf counter) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) {
    sum += (worker->counters().*counter).load(std::memory_order_relaxed);
  }
  return sum;
}

bool Relay::Impl::AwaitIdle(std::int64_t timeout_ms) const {
  const std::int64_t deadline_ns = SteadyNs() + timeout_ms * kNsPerMs;
  while (Sum(&LoopCounters::connections_open) != 0) {
    if (SteadyNs() >= deadline_ns) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  return true;
}

void Relay::Impl::DrainAndStop() {
  draining_ = true;
  LogInfo("draining", {{"connections", Sum(&LoopCounters::connections_open)}});
  for (const auto& worker : workers_) worker->Drain();
  if (!AwaitIdle(config_.drain_timeout_ms)) {
    LogWarning("drain timeout: closing what is left",
               {{"connections", Sum(&LoopCounters::connections_open)}});
    for (const auto& worker : workers_) worker->CloseAll();
    AwaitIdle(kCloseGraceMs);
  }
  resolver_.Stop();  // it posts to the loops
  for (const auto& worker : workers_) worker->Stop();
  workers_.clear();
  if (!reporter_->Drain(kHandOverMs)) {
    LogWarning("usage is away: events stay in the spool", {{"events", spool_->events_pending()}});
  }
  reporter_->Stop();
  subscriber_->Stop();
  ops_.reset();
  LogInfo("stopped");
}

Relay::Relay(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Relay::~Relay() = default;

absl::Status Relay::Start() { return impl_->Start(); }
void Relay::DrainAndStop() { impl_->DrainAndStop(); }

}  // namespace weir::relay
