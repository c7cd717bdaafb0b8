#include "services/admin/alerts/alert_courier.h"

#include <chrono>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "services/admin/alerts/alert_watch.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

constexpr std::chrono::milliseconds kPause{2'000};
constexpr std::chrono::milliseconds kPauseWhenFailing{30'000};
constexpr std::int64_t kLookEveryMs = 10'000;

prometheus::Counter& CounterOf(Metrics& metrics, std::string_view result) {
  return metrics.AddCounter("weir_admin_alert_tries_total",
                            "Messages to the alerts' webhook that were tried, by their result.",
                            {{"result", std::string(result)}});
}

}  // namespace

AlertCourier::AlertCourier(Store& store, const Vault& vault, RelayRegistry& relays,
                           SendWebCall send, Metrics& metrics)
    : store_(store),
      vault_(vault),
      relays_(relays),
      send_(std::move(send)),
      delivered_(CounterOf(metrics, "ok")),
      failed_(CounterOf(metrics, "failed")) {
  metrics.AddSampled(Metrics::SampledKind::kGauge, "weir_admin_alerts_waiting",
                     "Messages that wait to be sent to the alerts' webhook.", {},
                     [this] { return static_cast<double>(waiting_.load()); });
}

AlertCourier::~AlertCourier() { Stop(); }

void AlertCourier::Start() {
  thread_ = std::thread([this] { Run(); });
}

void AlertCourier::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AlertCourier::Run() {
  NameBackgroundThread("alerts");
  while (!stopping_) {
    const absl::Status done = Round();
    if (!done.ok()) LogWarning("alerts cannot be sent", {{"error", View(done.message())}});
    std::unique_lock lock(mutex_);
    wakes_.wait_for(lock, done.ok() ? kPause : kPauseWhenFailing,
                    [this] { return stopping_.load(); });
  }
}

absl::Status AlertCourier::Round() {
  const absl::StatusOr<AlertTarget> target = ReadAlertTarget(store_, vault_);
  if (!target.ok()) return target.status();
  if (target->url.empty()) return absl::OkStatus();
  if (absl::Status looked = LookAtRelays(); !looked.ok()) return looked;
  const absl::StatusOr<AlertTries> tries =
      DeliverDue(store_, send_, *target, [this] { return stopping_.load(); });
  if (!tries.ok()) return tries.status();
  Metrics::Increment(delivered_, static_cast<double>(tries->delivered));
  Metrics::Increment(failed_, static_cast<double>(tries->failed));
  NoteWaiting();
  return absl::OkStatus();
}

absl::Status AlertCourier::LookAtRelays() {
  const std::int64_t now_ms = store_.NowMs();
  if (now_ms - looked_at_ms_ < kLookEveryMs) return absl::OkStatus();
  looked_at_ms_ = now_ms;
  return Reconcile(store_, kRelayRefuses, RefusingRelays(relays_.List(), now_ms));
}

void AlertCourier::NoteWaiting() {
  const auto waiting = ReadValue(store_, alert_store::Waiting);
  if (waiting.ok()) waiting_ = *waiting;
}

absl::StatusOr<AlertMessage> AlertCourier::Test(std::string_view who) {
  const absl::StatusOr<AlertTarget> target = ReadAlertTarget(store_, vault_);
  if (!target.ok()) return target.status();
  if (target->url.empty()) return Conflict("there is no webhook: set alert_url and alert_secret");
  absl::StatusOr<AlertMessage> sent = SendTest(store_, send_, *target, who);
  if (!sent.ok()) return sent;
  Metrics::Increment(sent->delivery == AlertDelivery::kDelivered ? delivered_ : failed_);
  return sent;
}

}  // namespace weir::admin
