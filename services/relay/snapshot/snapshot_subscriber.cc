#include "services/relay/snapshot/snapshot_subscriber.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/grpc_stream.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/text.h"
#include "services/relay/snapshot/account_figures_teller.h"
#include "services/relay/snapshot/figures_teller.h"
#include "services/relay/snapshot/snapshot_builder.h"
#include "services/relay/snapshot/snapshot_copy.h"
#include "services/relay/snapshot/snapshot_holder.h"
#include "services/relay/snapshot/watch_messages.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr auto kHousekeeping = std::chrono::seconds(1);

}  // namespace

class SnapshotSubscriber::Impl {
 public:
  using Figures = std::function<std::optional<v1::RelayFigures>()>;

  Impl(SubscriberOptions options, SnapshotHolder& holder, AccountHealthRegistry& health,
       SnapshotFile* file, Metrics& metrics)
      : options_(std::move(options)),
        holder_(holder),
        health_(health),
        revision_(metrics.AddGauge("weir_relay_snapshot_revision",
                                   "Revision of the configuration this relay serves by.")),
        connected_(metrics.AddGauge("weir_relay_snapshot_connected",
                                    "1 while the stream from admin is open.")),
        nacks_(metrics.AddCounter("weir_relay_snapshot_nacks_total", "Revisions refused.")),
        dropped_(metrics.AddCounter("weir_relay_snapshot_observations_dropped_total",
                                    "Account observations that found the queue full.")),
        account_figures_(health),
        backoff_(options_.reconnect_initial_ms, options_.reconnect_max_ms),
        copy_(file) {}

  bool LoadFromFile() {
    std::shared_ptr<const Snapshot> snapshot = copy_.Load(health_);
    if (snapshot == nullptr) return false;
    PutInForce(std::move(snapshot));
    return true;
  }

  void SetExplainer(Explainer explainer) { explainer_ = std::move(explainer); }

  void SetTester(Tester tester) { tester_ = std::move(tester); }

  void SetFigures(Figures figures) { figures_.emplace(std::move(figures)); }
  void SetMinuteUse(AccountFiguresTeller::MinuteUseOf minute_use) {
    account_figures_.SetMinuteUse(std::move(minute_use));
  }

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void Answer(const v1::Explanation& answer) {
    v1::WatchRequest request;
    *request.mutable_explanation() = answer;
    SendAnswer(request);
  }

  void Answer(const v1::AccountTestEvent& event) {
    v1::WatchRequest request;
    *request.mutable_account_test() = event;
    SendAnswer(request);
  }

  void SendAnswer(const v1::WatchRequest& request) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(request.SerializeAsString());
    woken_ = true;
    wakes_.notify_all();
  }

  bool Report(AccountObservation observation) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (observations_.size() < options_.observations_max) {
        observations_.push_back(std::move(observation));
        woken_ = true;
        wakes_.notify_all();
        return true;
      }
    }
    Metrics::Increment(dropped_);
    return false;
  }

 private:
  void Run() {
    const std::shared_ptr<grpc::Channel> channel =
        MakeChannel(options_.admin_target, options_.security);
    std::string last_error;
    while (!stopping()) {
      GrpcStream stream(channel, "/weir.v1.SnapshotService/Watch", options_.security,
                        [this] { Wake(); });
      Serve(stream);
      const bool was_connected = stream.connected();
      const absl::Status status = stream.Finish();
      EndTests();
      Metrics::Set(connected_, 0);
      if (stopping()) return;
      // Once per kind of failure, not per attempt.
      std::string error = status.ToString();
      if (was_connected || error != last_error) {
        LogWarning("the configuration stream from admin has ended; trying again",
                   {{"target", options_.admin_target}, {"error", error}});
      }
      last_error = std::move(error);
      SleepMs(backoff_.NextDelayMs());
    }
  }

  // One stream, until it ends, or has to, or Stop().
  void Serve(GrpcStream& stream) {
    replies_.clear();
    chunks_.clear();
    restart_ = false;
    bool told = false;
    replies_.push_back(Hello());
    if (figures_.has_value()) figures_->TellAnew();
    account_figures_.TellAnew();
    std::string bytes;
    while (!stopping() && !stream.ended()) {
      if (stream.connected() && !told) {
        Metrics::Set(connected_, 1);
        told = true;
      }
      if (stream.Take(bytes)) {
        Receive(bytes);
        continue;
      }
      if (stream.CanWrite()) {
        if (std::optional<std::string> next = NextMessage()) {
          stream.Write(*next);
          continue;
        }
        if (restart_ || copy_.RetryIsDue()) return;
      }
      WaitForWork();
    }
  }

  std::string Hello() {
    v1::WatchRequest request;
    v1::Hello& hello = *request.mutable_hello();
    hello.set_relay_id(options_.relay_id);
    hello.set_version(options_.version);
    const std::shared_ptr<const Snapshot> current = holder_.Get();
    const bool everything = std::exchange(ask_for_everything_, false) || copy_.is_behind();
    if (current != nullptr && !everything) {
      hello.set_have_revision(current->revision());
      hello.set_lineage(current->lineage());
    }
    return request.SerializeAsString();
  }

  std::optional<std::string> NextMessage() {
    std::string message;
    if (!replies_.empty()) {
      message = std::move(replies_.front());
      replies_.pop_front();
      return message;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    if (!answers_.empty()) {
      message = std::move(answers_.front());
      answers_.pop_front();
      return message;
    }
    if (observations_.empty()) {
      lock.unlock();
      return NextFigures(SteadyNs() / kNsPerMs);
    }
    const AccountObservation observation = std::move(observations_.front());
    observations_.pop_front();
    lock.unlock();
    return ObservationMessage(observation);
  }

  std::optional<std::string> NextFigures(std::int64_t now_ms) {
    std::optional<std::string> message;
    if (figures_.has_value()) message = figures_->NextMessage(now_ms);
    return message.has_value() ? message : account_figures_.NextMessage(now_ms);
  }

  void Receive(const std::string& bytes) {
    v1::WatchResponse response;
    if (!response.ParseFromString(bytes)) {
      LogError("admin sent something that is no WatchResponse; connecting anew");
      restart_ = true;
      return;
    }
    if (response.has_explain()) {
      if (explainer_) explainer_(response.explain());
      return;
    }
    if (response.has_account_test() || response.has_account_test_cancel()) {
      if (tester_.take) tester_.take(response);
      return;
    }
    if (!response.has_chunk()) return;  // of a later version
    chunks_.push_back(std::move(*response.mutable_chunk()));
    if (!chunks_.back().last()) return;
    const std::int64_t resources = ResourcesIn(chunks_);
    Apply();
    chunks_.clear();
    GiveBackMemoryOf(resources);
  }

  void Apply() {
    holder_.ReleaseRetired();
    const std::uint64_t revision = chunks_.back().revision();
    const std::int64_t begin_ns = SteadyNs();
    const std::shared_ptr<const Snapshot> base = holder_.Get();
    auto next = ApplyChunks(base.get(), chunks_, health_);
    if (!next.ok()) {
      const std::string_view reason = View(next.status().message());
      LogError("refused a configuration; the one before stays in force",
               {{"revision", revision}, {"reason", reason}});
      Metrics::Increment(nacks_);
      replies_.push_back(NackMessage(revision, reason));
      // Not ours to build on: a new stream brings everything.
      restart_ = ask_for_everything_ = absl::IsFailedPrecondition(next.status());
      return;
    }
    PutInForce(*std::move(next));
    copy_.Write(chunks_);
    backoff_.Reset();
    replies_.push_back(AckMessage(revision));
    LogDebug("configuration in force",
             {{"revision", revision}, {"took_us", (SteadyNs() - begin_ns) / 1'000}});
  }

  void PutInForce(std::shared_ptr<const Snapshot> snapshot) {
    Metrics::Set(revision_, static_cast<double>(snapshot->revision()));
    holder_.Swap(std::move(snapshot));
  }

  // Nobody would hear what they say, and another admin's ids are others.
  void EndTests() {
    if (tester_.ended) tester_.ended();
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.clear();
  }

  void Wake() {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
    wakes_.notify_all();
  }

  void WaitForWork() {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool woken = wakes_.wait_for(lock, kHousekeeping, [this] { return woken_ || stopping_; });
    woken_ = false;
    lock.unlock();
    if (!woken) holder_.ReleaseRetired();
  }

  void SleepMs(std::int64_t ms) {
    std::unique_lock<std::mutex> lock(mutex_);
    wakes_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
    lock.unlock();
    holder_.ReleaseRetired();
  }

  bool stopping() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopping_;
  }

  const SubscriberOptions options_;
  SnapshotHolder& holder_;
  AccountHealthRegistry& health_;
  prometheus::Gauge& revision_;
  prometheus::Gauge& connected_;
  prometheus::Counter& nacks_;
  prometheus::Counter& dropped_;

  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;  // these four by mutex_
  bool woken_ = false;
  std::deque<AccountObservation> observations_;
  std::deque<std::string> answers_;

  std::optional<FiguresTeller> figures_;  // these three set before the thread begins
  Explainer explainer_;
  Tester tester_;

  // The thread's own.
  AccountFiguresTeller account_figures_;
  Backoff backoff_;
  SnapshotCopy copy_;
  std::deque<std::string> replies_;
  std::vector<v1::SnapshotChunk> chunks_;
  bool restart_ = false;
  bool ask_for_everything_ = false;
  std::thread thread_;
};

SnapshotSubscriber::SnapshotSubscriber(SubscriberOptions options, SnapshotHolder& holder,
                                       AccountHealthRegistry& health, SnapshotFile* file,
                                       Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), holder, health, file, metrics)) {}

SnapshotSubscriber::~SnapshotSubscriber() { Stop(); }

bool SnapshotSubscriber::LoadFromFile() { return impl_->LoadFromFile(); }
void SnapshotSubscriber::SetExplainer(Explainer explainer) {
  impl_->SetExplainer(std::move(explainer));
}

void SnapshotSubscriber::Answer(const v1::Explanation& answer) { impl_->Answer(answer); }

void SnapshotSubscriber::SetFigures(std::function<std::optional<v1::RelayFigures>()> figures) {
  impl_->SetFigures(std::move(figures));
}

void SnapshotSubscriber::SetMinuteUse(AccountFiguresTeller::MinuteUseOf minute_use) {
  impl_->SetMinuteUse(std::move(minute_use));
}

void SnapshotSubscriber::SetTester(Tester tester) { impl_->SetTester(std::move(tester)); }
void SnapshotSubscriber::Answer(const v1::AccountTestEvent& event) { impl_->Answer(event); }

void SnapshotSubscriber::Start() { impl_->Start(); }
void SnapshotSubscriber::Stop() { impl_->Stop(); }
bool SnapshotSubscriber::Report(AccountObservation observation) {
  return impl_->Report(std::move(observation));
}

}  // namespace weir::relay
