#include "services/usage/rerater.h"

#include <string>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"

namespace weir::usage {
namespace {

constexpr std::chrono::milliseconds kPoll{10'000};          // for runs of others
constexpr std::chrono::milliseconds kPauseBetweenSteps{5};  // those who store events get their turn
constexpr std::chrono::milliseconds kPauseAfterFailure{2'000};  // the database is away
constexpr int kFailuresMax = 30;

}  // namespace

Rerater::Rerater(RerateLedger& ledger, ReadOrder read_order, Metrics& metrics)
    : ledger_(ledger),
      read_order_(std::move(read_order)),
      rated_(metrics.AddCounter("weir_usage_rerated_steps_total",
                                "Steps of runs that rate recorded requests again, a thousand "
                                "requests each.")),
      running_(metrics.AddGauge("weir_usage_rerate_running",
                                "1 while this service rates recorded requests again.")),
      thread_([this] { Run(); }) {}

Rerater::~Rerater() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Rerater::Wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

bool Rerater::Sleep(std::chrono::milliseconds time) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, time, [this] { return stop_; });
  return !stop_;
}

absl::Status Rerater::RunSteps(const RerateRun& run) {
  absl::StatusOr<RerateOrder> order = read_order_(run.order);
  if (!order.ok()) {
    return ledger_.Fail(run.id,
                        StrCat("the order cannot be read: ", View(order.status().message())));
  }
  for (;;) {
    absl::StatusOr<bool> more = ledger_.Step(run.id, *order);
    if (!more.ok()) return more.status();
    Metrics::Increment(rated_);
    if (!*more || !Sleep(kPauseBetweenSteps)) return absl::OkStatus();
  }
}

bool Rerater::WorkOff() {
  absl::StatusOr<RerateRun> run = ledger_.NextRunning();
  absl::Status status = run.status();
  if (status.ok() && run->id == 0) return false;
  if (status.ok()) {
    Metrics::Set(running_, 1);
    LogInfo("requests are rated again", {{"run", run->id},
                                         {"from_unix_ms", run->from_unix_ms},
                                         {"to_unix_ms", run->to_unix_ms},
                                         {"rated_until_unix_ms", run->rated_until_unix_ms},
                                         {"dry_run", run->dry_run}});
    status = RunSteps(*run);
    Metrics::Set(running_, 0);
  }
  if (status.ok()) {
    failures_ = 0;
    return true;
  }
  // Gone from the table meanwhile, or the database is away: what was committed stays committed.
  LogWarning("rating requests again stopped; it is tried again",
             {{"error", View(status.message())}});
  // Not for ever: other runs wait. What is wrong with the database is told by ingest, too.
  if (++failures_ >= kFailuresMax && run.ok() && !absl::IsUnavailable(status)) {
    failures_ = 0;
    const absl::Status failed = ledger_.Fail(run->id, std::string(View(status.message())));
    if (!failed.ok()) LogWarning("a run could not be ended", {{"run", run->id}});
  }
  Sleep(kPauseAfterFailure);
  return true;
}

void Rerater::Run() {
  NameBackgroundThread("rerate");
  for (;;) {
    const bool worked = WorkOff();
    std::unique_lock<std::mutex> lock(mutex_);
    if (!worked) changed_.wait_for(lock, kPoll, [this] { return stop_ || woken_; });
    woken_ = false;
    if (stop_) return;
  }
}

}  // namespace weir::usage
