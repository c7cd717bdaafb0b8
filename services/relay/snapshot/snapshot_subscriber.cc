#include "services/relay/snapshot/snapshot_subscriber.h"

#include <chrono>
#include <condition_variable>
#include <deque>
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
#include "libs/common/utf8.h"
#include "services/relay/snapshot/snapshot_builder.h"
#include "services/relay/snapshot/snapshot_file.h"
#include "services/relay/snapshot/snapshot_holder.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::size_t kReasonBytesMax = 512;
constexpr auto kHousekeeping = std::chrono::seconds(1);
constexpr std::int64_t kFileRetryNs = 60'000'000'000;  // a disk that was full may have room again

v1::AccountObservation::Signal SignalOf(AccountSignal signal) {
  switch (signal) {
    case AccountSignal::kRateLimited:
      return v1::AccountObservation::SIGNAL_RATE_LIMITED;
    case AccountSignal::kOverloaded:
      return v1::AccountObservation::SIGNAL_OVERLOADED;
    case AccountSignal::kCredentialRejected:
      return v1::AccountObservation::SIGNAL_CREDENTIAL_REJECTED;
    case AccountSignal::kRecovered:
      return v1::AccountObservation::SIGNAL_RECOVERED;
  }
  return v1::AccountObservation::SIGNAL_UNSPECIFIED;
}

std::string RequestOf(const AccountObservation& in) {
  v1::WatchRequest request;
  v1::AccountObservation& out = *request.mutable_observation();
  out.set_account_id(in.account_id);
  out.set_signal(SignalOf(in.signal));
  out.set_observed_at_unix_ms(in.observed_at_unix_ms);
  out.set_cooldown_until_unix_ms(in.cooldown_until_unix_ms);
  out.set_http_status(in.http_status);
  out.set_reason(ValidUtf8(std::string_view(in.reason).substr(0, kReasonBytesMax)));
  out.set_request_id(ValidUtf8(in.request_id));
  return request.SerializeAsString();
}

std::string AckOf(std::uint64_t revision) {
  v1::WatchRequest request;
  request.mutable_ack()->set_revision(revision);
  return request.SerializeAsString();
}

std::string NackOf(std::uint64_t revision, std::string_view reason) {
  v1::WatchRequest request;
  request.mutable_nack()->set_revision(revision);
  request.mutable_nack()->set_reason(std::string(reason));
  return request.SerializeAsString();
}

}  // namespace

class SnapshotSubscriber::Impl {
 public:
  Impl(SubscriberOptions options, SnapshotHolder& holder, AccountHealthRegistry& health,
       SnapshotFile* file, Metrics& metrics)
      : options_(std::move(options)),
        holder_(holder),
        health_(health),
        file_(file),
        revision_(metrics.AddGauge("weir_relay_snapshot_revision",
                                   "Revision of the configuration this relay serves by.")),
        connected_(metrics.AddGauge("weir_relay_snapshot_connected",
                                    "1 while the stream from admin is open.")),
        nacks_(metrics.AddCounter("weir_relay_snapshot_nacks_total", "Revisions refused.")),
        dropped_(metrics.AddCounter("weir_relay_snapshot_observations_dropped_total",
                                    "Account observations that found the queue full.")),
        backoff_(options_.reconnect_initial_ms, options_.reconnect_max_ms) {}

  bool LoadFromFile() {
    if (file_ == nullptr) return false;
    std::shared_ptr<const Snapshot> snapshot;
    const absl::Status status = file_->Load([&](const SnapshotFile::Chunks& chunks) {
      auto next = ApplyChunks(snapshot.get(), chunks, health_);
      if (!next.ok()) return next.status();
      snapshot = *std::move(next);
      return absl::OkStatus();
    });
    if (!status.ok() && !absl::IsNotFound(status)) {
      LogWarning("the snapshot on disk cannot be used as a whole",
                 {{"error", View(status.message())}});
    }
    if (snapshot == nullptr) return false;
    LogInfo("serving by the snapshot on disk until admin answers",
            {{"revision", snapshot->revision()}});
    PutInForce(std::move(snapshot));
    return true;
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
        if (restart_ || FileIsDue()) return;
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
    const bool everything = std::exchange(ask_for_everything_, false) || file_behind_since_ns_ != 0;
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
    if (observations_.empty()) return std::nullopt;
    const AccountObservation observation = std::move(observations_.front());
    observations_.pop_front();
    lock.unlock();
    return RequestOf(observation);
  }

  void Receive(const std::string& bytes) {
    v1::WatchResponse response;
    if (!response.ParseFromString(bytes)) {
      LogError("admin sent something that is no WatchResponse; connecting anew");
      restart_ = true;
      return;
    }
    if (!response.has_chunk()) return;  // of a later version
    chunks_.push_back(std::move(*response.mutable_chunk()));
    if (chunks_.back().last()) {
      Apply();
      chunks_.clear();
    }
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
      replies_.push_back(NackOf(revision, reason));
      // Not ours to build on: a new stream brings everything.
      restart_ = ask_for_everything_ = absl::IsFailedPrecondition(next.status());
      return;
    }
    PutInForce(*std::move(next));
    WriteToFile();
    backoff_.Reset();
    replies_.push_back(AckOf(revision));
    LogDebug("configuration in force",
             {{"revision", revision}, {"took_us", (SteadyNs() - begin_ns) / 1'000}});
  }

  void PutInForce(std::shared_ptr<const Snapshot> snapshot) {
    Metrics::Set(revision_, static_cast<double>(snapshot->revision()));
    holder_.Swap(std::move(snapshot));
  }

  void WriteToFile() {
    if (file_ == nullptr) return;
    const absl::Status status = file_->Write(chunks_);
    if (status.ok()) {
      file_behind_since_ns_ = 0;
      return;
    }
    // Said once; from then on the file misses a step, until everything comes again.
    if (file_behind_since_ns_ == 0) {
      LogError(
          "cannot keep the snapshot on disk up to date; a restart would begin with an older one",
          {{"error", View(status.message())}});
    }
    file_behind_since_ns_ = SteadyNs();
  }

  bool FileIsDue() const {
    return file_behind_since_ns_ != 0 && SteadyNs() - file_behind_since_ns_ > kFileRetryNs;
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
  SnapshotFile* file_;
  prometheus::Gauge& revision_;
  prometheus::Gauge& connected_;
  prometheus::Counter& nacks_;
  prometheus::Counter& dropped_;

  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;  // these three by mutex_
  bool woken_ = false;
  std::deque<AccountObservation> observations_;

  // The thread's own.
  Backoff backoff_;
  std::deque<std::string> replies_;
  std::vector<v1::SnapshotChunk> chunks_;
  bool restart_ = false;
  bool ask_for_everything_ = false;
  std::int64_t file_behind_since_ns_ = 0;  // 0 = it holds what is in force
  std::thread thread_;
};

SnapshotSubscriber::SnapshotSubscriber(SubscriberOptions options, SnapshotHolder& holder,
                                       AccountHealthRegistry& health, SnapshotFile* file,
                                       Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), holder, health, file, metrics)) {}

SnapshotSubscriber::~SnapshotSubscriber() { Stop(); }

bool SnapshotSubscriber::LoadFromFile() { return impl_->LoadFromFile(); }
void SnapshotSubscriber::Start() { impl_->Start(); }
void SnapshotSubscriber::Stop() { impl_->Stop(); }
bool SnapshotSubscriber::Report(AccountObservation observation) {
  return impl_->Report(std::move(observation));
}

}  // namespace weir::relay
