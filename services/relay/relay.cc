#include "services/relay/relay.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <mutex>
#include <optional>
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
#include "services/relay/access_log.h"
#include "services/relay/account_gauges.h"
#include "services/relay/account_test_desk.h"
#include "services/relay/accounts/session_memory.h"
#include "services/relay/bodies/body_desk.h"
#include "services/relay/budgets/lease_client.h"
#include "services/relay/budgets/lease_desk.h"
#include "services/relay/budgets/lease_holder.h"
#include "services/relay/budgets/lease_metrics.h"
#include "services/relay/cache/response_cache.h"
#include "services/relay/explain.h"
#include "services/relay/explain_desk.h"
#include "services/relay/intents/intent_recovery.h"
#include "services/relay/limits/rate_limiter.h"
#include "services/relay/loop_worker.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/metering/usage_reporter.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/redis_figures.h"
#include "services/relay/relay_figures.h"
#include "services/relay/relay_metrics.h"
#include "services/relay/signatures/signature_table.h"
#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/snapshot_file.h"
#include "services/relay/snapshot/snapshot_key.h"
#include "services/relay/streams/stream_registry.h"
#include "services/relay/tracing/trace_exporter.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kPollMs = 20;
constexpr std::int64_t kCloseGraceMs = 5'000;  // for requests that were cut to write their records
constexpr std::int64_t kReturnLeasesMs =
    1'000;                                  // what is not returned is held until the next start
constexpr std::int64_t kPeekMarginMs = 50;  // beyond Redis's own time, for the loop to come to it
constexpr std::int64_t kPeekBudgetsMs = 500;
constexpr std::int64_t kSendBodiesMs = 2'000;
constexpr std::int64_t kSendTracesMs = 2'000;
constexpr std::int64_t kHandOverMs = 5'000;  // for the spool; what is left waits on disk

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

// What the system or the settings take away from what was meant.
void WarnOfLimits(const Config& config) {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  int connections_max = 0;
  if (file >> connections_max && connections_max < Listener::kBacklog) {
    LogWarning("net.core.somaxconn is small: bursts of connections may be dropped",
               {{"somaxconn", connections_max}, {"wanted", Listener::kBacklog}});
  }
  if (config.buffered_bytes_max < config.limits.request_body_bytes_max) {
    LogWarning("buffered_bytes_max has no room for a request body of request_body_bytes_max",
               {{"buffered_bytes_max", config.buffered_bytes_max},
                {"request_body_bytes_max", config.limits.request_body_bytes_max}});
  }
}

}  // namespace

class Relay::Impl {
 public:
  explicit Impl(Config config) : config_(std::move(config)) {}

  absl::Status Start();
  void DrainAndStop();

 private:
  absl::Status OpenSnapshotFile();
  absl::Status StartLeases();
  absl::Status MakeWorkers();
  void AddMetrics();
  void AnswerExplain(const v1::ExplainRequest& question);
  std::optional<v1::RelayFigures> Figures();  // any thread
  void SetHasWorkers(bool has);
  absl::Status StartOps();
  absl::Status Readiness() const;
  std::uint64_t Connections() const { return SumOf(workers_, &LoopCounters::connections_open); }
  bool AwaitIdle(std::int64_t timeout_ms) const;

  Config config_;
  BufferCap buffer_cap_{config_.buffered_bytes_max};
  Metrics metrics_;
  ReasonCounters reasons_{metrics_};
  AccessLog access_log_{metrics_};
  std::atomic<bool> draining_{false};
  std::atomic<bool> closing_{false};  // the time to drain is over
  Resolver resolver_;
  RateLimiter rate_limiter_;
  StreamRegistry streams_{config_.resume, &buffer_cap_};
  ResponseCache cache_{static_cast<std::size_t>(config_.cache_bytes),
                       config_.shared_cache ? config_.shared_cache->answer_bytes_max
                                            : std::numeric_limits<std::size_t>::max()};
  SignatureTable signatures_;
  SnapshotHolder snapshots_;
  AccountHealthRegistry health_;
  SessionMemory sessions_;
  std::unique_ptr<SnapshotFile> snapshot_file_;
  ExplainDesk explain_{[this](const v1::ExplainRequest& question) { AnswerExplain(question); }};
  AccountTestDesk account_tests_{
      snapshots_, [this](const v1::AccountTestEvent& event) { subscriber_->Answer(event); }};
  std::unique_ptr<SnapshotSubscriber> subscriber_;
  std::unique_ptr<UsageSpool> spool_;
  std::int64_t earlier_events_ = 0;  // that earlier runs left to be sent
  bool earlier_known_ = true;        // false: more of them wait on the disk
  std::unique_ptr<UsageReporter> reporter_;
  std::unique_ptr<LeaseDesk> leases_;
  std::unique_ptr<BodyDesk> bodies_;
  std::unique_ptr<TraceExporter> traces_;  // null: nobody is told of spans
  PeekBudgets peek_budgets_;
  std::vector<std::unique_ptr<LoopWorker>> workers_;
  std::atomic<std::size_t> next_tester_ = 0;  // of the workers
  std::mutex figures_mutex_;
  bool has_workers_ = false;  // by figures_mutex_: they are all there
  std::unique_ptr<OpsServer> ops_;
};

absl::Status Relay::Impl::Start() {
  RaiseDescriptorLimit();
  if (absl::Status status = MakeFolder(config_.data_dir); !status.ok()) return status;

  // The spool first: without it nothing may be served.
  SpoolOptions spool_options;
  spool_options.folder = config_.spool_folder();
  spool_options.bytes_max = config_.spool_bytes_max;
  spool_options.sync_ms = config_.spool_sync_ms;
  absl::StatusOr<std::unique_ptr<UsageSpool>> spool = UsageSpool::Open(spool_options);
  if (!spool.ok()) return spool.status();
  spool_ = *std::move(spool);
  spool_->AddMetrics(metrics_);
  const IntentRecovery left = RecoverIntents(config_.spool_folder(), *spool_);
  earlier_events_ = spool_->recovery().events + left.events;
  earlier_known_ = left.all;

  // Its reader hands over to usage, also what an earlier run left.
  ReporterOptions reporter_options;
  reporter_options.usage_target = config_.usage_target;
  reporter_options.security = config_.security;
  reporter_options.relay_id = config_.relay_id;
  reporter_options.batch_age_ms = config_.usage_batch_age_ms;
  reporter_ = std::make_unique<UsageReporter>(reporter_options, *spool_, metrics_);
  reporter_->Start();

  // Budgets: leases from usage; those of an earlier run end when its events are in.
  if (absl::Status status = StartLeases(); !status.ok()) return status;

  // Recorded bodies wait here; nothing else waits for them.
  BodyDeskOptions body_options;
  body_options.usage_target = config_.usage_target;
  body_options.security = config_.security;
  body_options.relay_id = config_.relay_id;
  body_options.bytes_max = config_.body_queue_bytes;
  bodies_ = std::make_unique<BodyDesk>(std::move(body_options), metrics_);
  bodies_->Start();

  // Spans wait here, if anybody is to hear of them; requests do not wait for it.
  if (config_.trace_collector.has_value()) {
    TraceExporterOptions trace_options;
    trace_options.collector = *config_.trace_collector;
    trace_options.relay_id = config_.relay_id;
    traces_ = std::make_unique<TraceExporter>(std::move(trace_options), metrics_);
    traces_->Start();
  }

  if (config_.access.on) access_log_.Start();

  // The configuration: from the disk at once, from admin as soon as it answers.
  if (absl::Status status = OpenSnapshotFile(); !status.ok()) return status;
  SubscriberOptions subscriber_options;
  subscriber_options.admin_target = config_.admin_target;
  subscriber_options.security = config_.security;
  subscriber_options.relay_id = config_.relay_id;
  subscriber_options.version = std::string(kVersion);
  subscriber_ = std::make_unique<SnapshotSubscriber>(subscriber_options, snapshots_, health_,
                                                     snapshot_file_.get(), metrics_);
  subscriber_->SetExplainer([this](const v1::ExplainRequest& question) { explain_.Ask(question); });
  subscriber_->SetTester(
      {.take = [this](const v1::WatchResponse& message) { account_tests_.Take(message); },
       .ended = [this] { account_tests_.EndAll(); }});
  subscriber_->SetFigures([this] { return Figures(); });
  subscriber_->SetMinuteUse([this](std::int64_t account_id, std::int64_t now_ms) {
    return rate_limiter_.Used(SubjectKind::kAccount, account_id, now_ms);
  });
  subscriber_->LoadFromFile();
  subscriber_->Start();

  // Both ports are there before the first connection is taken.
  if (absl::Status status = MakeWorkers(); !status.ok()) return status;
  AddMetrics();
  if (absl::Status status = StartOps(); !status.ok()) return status;
  for (const auto& worker : workers_) worker->Start();
  SetHasWorkers(true);
  explain_.Start();  // it asks the workers
  account_tests_.Start([this](std::function<void(RelayEnvironment&)> work) {
    const std::size_t turn = next_tester_.fetch_add(1) % workers_.size();
    workers_[turn]->RunOnLoop(std::move(work));
  });
  return absl::OkStatus();
}

void Relay::Impl::AnswerExplain(const v1::ExplainRequest& question) {
  ObstacleSources sources{rate_limiter_, *leases_, peek_budgets_, nullptr};
  if (config_.redis.has_value()) {
    sources.peek_shared = [this](std::vector<SharedPeek>& peeks) {
      return workers_.front()->PeekShared(peeks, config_.redis->reply_timeout_ms + kPeekMarginMs);
    };
  }
  v1::Explanation answer;
  Explain(snapshots_.Get(), sessions_, sources, question, answer);
  subscriber_->Answer(answer);
}

void Relay::Impl::SetHasWorkers(bool has) {
  const std::lock_guard<std::mutex> lock(figures_mutex_);
  has_workers_ = has;
}

std::optional<v1::RelayFigures> Relay::Impl::Figures() {
  const std::lock_guard<std::mutex> lock(figures_mutex_);
  if (!has_workers_) return std::nullopt;
  v1::RelayFigures figures = FiguresOf(workers_, *spool_);
  const std::shared_ptr<const Snapshot> snapshot = snapshots_.Get();
  AddRedisFigures(
      workers_,
      {.for_limits = config_.redis.has_value(), .for_answers = config_.shared_cache.has_value()},
      snapshot == nullptr ? RedisAwayPolicy::kLocal : snapshot->settings().redis_away_policy,
      figures);
  return figures;
}

absl::Status Relay::Impl::OpenSnapshotFile() {
  const std::string path = config_.snapshot_path();
  const Secret& given = config_.snapshot_file_secret;
  const absl::StatusOr<Secret> secret = given.empty() ? LoadSnapshotKey(path + ".key") : given;
  if (!secret.ok()) return secret.status();
  snapshot_file_ = std::make_unique<SnapshotFile>(path, *secret);
  return absl::OkStatus();
}

absl::Status Relay::Impl::StartLeases() {
  LeaseClientOptions options;
  options.usage_target = config_.usage_target;
  options.security = config_.security;
  absl::StatusOr<std::string> holder = LoadLeaseHolder(config_.data_dir);
  if (!holder.ok()) return holder.status();
  options.holder = *std::move(holder);
  LeaseClientOptions peek_options = options;
  peek_options.timeout_ms = kPeekBudgetsMs;
  peek_budgets_ = MakeBudgetPeeker(std::move(peek_options));
  leases_ = std::make_unique<LeaseDesk>(
      LeaseDeskOptions{}, MakeLeaseClient(std::move(options)),
      [this] { return earlier_known_ && reporter_->events_acked() >= earlier_events_; });
  AddLeaseMetrics(*leases_, metrics_);
  leases_->Start();
  return absl::OkStatus();
}

absl::Status Relay::Impl::MakeWorkers() {
  const absl::StatusOr<HostPort> address = ParseHostPort(config_.listen);
  if (!address.ok()) return address.status();
  const SharedParts shared{config_,     resolver_, snapshots_,    *subscriber_,  *spool_,
                           reasons_,    sessions_, rate_limiter_, cache_,        streams_,
                           signatures_, *leases_,  *bodies_,      traces_.get(), access_log_,
                           draining_,   closing_,  buffer_cap_};
  WarnOfLimits(config_);
  absl::Status free = Listener::CheckFree(address->host, address->port);
  if (!free.ok()) return free;
  for (int i = 0; i < config_.threads; ++i) {
    absl::StatusOr<std::unique_ptr<LoopWorker>> worker =
        LoopWorker::Make(shared, i, address->host, address->port);
    if (!worker.ok()) return worker.status();
    workers_.push_back(*std::move(worker));
  }
  return absl::OkStatus();
}

void Relay::Impl::AddMetrics() {
  AddLoopMetrics(workers_, metrics_);
  AddTrafficMetrics(workers_, metrics_);
  AddBufferMetrics(workers_, buffer_cap_, metrics_);
  AddAccountGauges(metrics_, snapshots_);
  AddCacheMetrics(cache_, metrics_);
  AddCertificateMetrics(config_.security.files, metrics_);
  AddStreamMetrics(streams_, metrics_);
  AddIntentMetrics(workers_, metrics_);
  if (config_.redis.has_value()) AddLimitsRedisMetrics(workers_, metrics_);
  if (config_.shared_cache.has_value()) AddCacheRedisMetrics(workers_, metrics_);
}

absl::Status Relay::Impl::StartOps() {
  ops_ = std::make_unique<OpsServer>(metrics_, [this] { return Readiness(); });
  return ops_->Start(config_.ops_listen);
}

absl::Status Relay::Impl::Readiness() const {
  if (draining_) return absl::UnavailableError("draining");
  if (snapshots_.version() == 0) return absl::UnavailableError("no snapshot from admin yet");
  if (!spool_->CanAccept() && !config_.serve_unrecorded)
    return absl::UnavailableError("the usage spool is full");
  return absl::OkStatus();
}

bool Relay::Impl::AwaitIdle(std::int64_t timeout_ms) const {
  const std::int64_t deadline_ns = SteadyNs() + timeout_ms * kNsPerMs;
  while (Connections() != 0) {
    if (SteadyNs() >= deadline_ns) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  return true;
}

void Relay::Impl::DrainAndStop() {
  draining_ = true;
  explain_.Stop();
  account_tests_.Stop();
  LogInfo("draining", {{"connections", Connections()}});
  // Not ready any more, but there for those who have not heard of it.
  std::this_thread::sleep_for(std::chrono::milliseconds(config_.drain_delay_ms));
  for (const auto& worker : workers_) worker->Drain();
  if (!AwaitIdle(config_.drain_timeout_ms)) {
    LogWarning("drain timeout: closing what is left", {{"connections", Connections()}});
    closing_ = true;
    for (const auto& worker : workers_) worker->CloseAll();
    AwaitIdle(kCloseGraceMs);
  }
  resolver_.Stop();  // it posts to the loops, and so do leases
  leases_->CloseTickets();
  for (const auto& worker : workers_) worker->Stop();
  ops_.reset();  // /metrics reads the workers, and so do figures
  SetHasWorkers(false);
  workers_.clear();
  if (!reporter_->Drain(kHandOverMs)) {
    LogWarning("usage is away: events stay in the spool", {{"events", spool_->events_pending()}});
  }
  reporter_->Stop();
  bodies_->Stop(kSendBodiesMs);
  if (traces_ != nullptr) traces_->Stop(kSendTracesMs);
  leases_->ReturnAll(kReturnLeasesMs);
  leases_->Stop();
  subscriber_->Stop();
  access_log_.Stop();
  LogInfo("stopped");
}

Relay::Relay(Config config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Relay::~Relay() = default;

absl::Status Relay::Start() { return impl_->Start(); }
void Relay::DrainAndStop() { impl_->DrainAndStop(); }

}  // namespace weir::relay
