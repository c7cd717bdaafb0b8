#include "services/relay/loop_worker.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "services/relay/intents/intent_file.h"
#include "services/relay/intents/intent_recovery.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/relay_request.h"
#include "services/relay/streams/stream_registry.h"

namespace weir::relay {
namespace {

constexpr std::size_t kIdlePerUpstreamMax = 256;

// Under which name this loop's places in flight stand in Redis; never used twice, since a relay
// that starts again holds nothing of what it held before.
std::string MemberName(const Config& config) { return StrCat(config.relay_id, ".", RandomHex(6)); }

constexpr std::int64_t kHousekeepingMs = 1'000;

// The kernel's struct sched_attr; its header cannot be had together with <sched.h>.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t slice_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};

// A loop runs for microseconds at a time. With a short slice it need not wait for the end of
// another thread's when both share a core (Linux 6.12; before, the wish is ignored). Needs no
// privilege. How nice the process is, or that it runs at real-time priority, was its operator's
// choice and stays.
void PreferLatency() {
  constexpr std::uint64_t kSliceNs = 200'000;
  SchedulingAttributes attributes;
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;
  attributes.slice_ns = kSliceNs;
  (void)::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

// A loop's part of the relay's floor, rounded up.
std::int64_t RetryFloorOf(const Config& config) {
  return (config.retries_per_second_min + config.threads - 1) / config.threads;
}

}  // namespace

LoopHousekeeper::LoopHousekeeper(EventLoop& loop, SnapshotReader& snapshots,
                                 StreamRegistry& streams)
    : loop_(loop), snapshots_(snapshots), streams_(streams) {
  loop_.timers().Add(*this, loop_.now_ms() + kHousekeepingMs);
}

LoopHousekeeper::~LoopHousekeeper() { loop_.timers().Remove(*this); }

void LoopHousekeeper::Wake(bool /*timed_out*/) {
  snapshots_.Current();  // lets go of the one before
  TrimKeptBodies();
  streams_.Sweep(loop_.now_ms());
  loop_.timers().Add(*this, loop_.now_ms() + kHousekeepingMs);
}

absl::StatusOr<std::unique_ptr<LoopWorker>> LoopWorker::Make(const SharedParts& shared, int number,
                                                             const std::string& host, int port) {
  absl::StatusOr<std::unique_ptr<TlsClient>> tls = TlsClient::Make(shared.config.upstream_ca_file);
  if (!tls.ok()) return tls.status();
  absl::StatusOr<std::unique_ptr<SpoolWriter>> writer = shared.spool.NewWriter();
  if (!writer.ok()) return writer.status();
  absl::StatusOr<std::unique_ptr<IntentFile>> intents =
      IntentFile::Create(NewIntentPath(shared.config.spool_folder(), number));
  if (!intents.ok()) return intents.status();
  std::unique_ptr<LoopWorker> worker(
      new LoopWorker(shared, *std::move(tls), *std::move(writer), *std::move(intents)));
  if (absl::Status status = worker->listener_.Listen(host, port); !status.ok()) return status;
  return worker;
}

LoopWorker::LoopWorker(const SharedParts& shared, std::unique_ptr<TlsClient> tls,
                       std::unique_ptr<SpoolWriter> spool_writer,
                       std::unique_ptr<IntentFile> intents)
    : tls_(std::move(tls)),
      pool_(loop_, shared.config.upstream_idle_timeout_ms, kIdlePerUpstreamMax),
      snapshots_(shared.snapshots),
      housekeeper_(loop_, snapshots_, shared.streams),
      spool_writer_(std::move(spool_writer)),
      intents_(std::move(intents)),
      retries_(shared.config.retry_percent, RetryFloorOf(shared.config), loop_.now_ms()),
      shared_limiter_(loop_, shared.resolver, shared.config.redis ? &*shared.config.redis : nullptr,
                      shared.config.redis_prefix, MemberName(shared.config), redis_counters_),
      shared_cache_(loop_, shared.resolver,
                    shared.config.shared_cache ? &*shared.config.shared_cache : nullptr,
                    shared.config.redis_prefix, cache_redis_counters_),
      environment_{{loop_, shared.resolver, *tls_, pool_},
                   snapshots_,
                   shared.spool,
                   *spool_writer_,
                   *intents_,
                   shared.subscriber,
                   counters_,
                   *traffic_,
                   shared.reasons,
                   shared.rate_limiter,
                   retries_,
                   shared_limiter_,
                   shared_cache_,
                   shared.sessions,
                   shared.cache,
                   shared.streams,
                   shared.signatures,
                   shared.leases,
                   shared.bodies,
                   shared.config.limits,
                   shared.config.trusted_proxies,
                   shared.config.tracing,
                   shared.traces,
                   shared.config.access,
                   shared.access_log,
                   shared.config.relay_id,
                   shared.config.attempts_max,
                   shared.config.serve_unrecorded,
                   shared.draining,
                   shared.closing},
      listener_(loop_, *this, shared.config.limits) {
  loop_.buffers().SetCap(shared.buffer_cap);
}

LoopWorker::~LoopWorker() { Stop(); }

void LoopWorker::Start() {
  thread_ = std::thread([this] {
    NameThread("loop");
    PreferLatency();
    shared_limiter_.Start();
    shared_cache_.Start();
    loop_.Run();
  });
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

void LoopWorker::RunOnLoop(std::function<void(RelayEnvironment&)> work) {
  loop_.Post([this, work = std::move(work)] { work(environment_); });
}

bool LoopWorker::PeekShared(std::vector<SharedPeek>& peeks, std::int64_t timeout_ms) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable there;
    bool done = false;
    bool asked = false;
    std::vector<SharedPeek> peeks;
  };
  const auto answer = std::make_shared<Answer>();
  loop_.Post([this, answer, peeks] {
    shared_limiter_.Peek(peeks, [answer](bool asked, std::vector<SharedPeek> found) {
      const std::lock_guard<std::mutex> lock(answer->mutex);
      answer->done = true;
      answer->asked = asked;
      answer->peeks = std::move(found);
      answer->there.notify_all();
    });
  });
  std::unique_lock<std::mutex> lock(answer->mutex);
  answer->there.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                         [&answer] { return answer->done; });
  if (!answer->asked) return false;
  peeks = std::move(answer->peeks);
  return true;
}

Task<void> LoopWorker::Handle(Exchange& exchange) {
  LoopCounters::Add(counters_.requests);
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
