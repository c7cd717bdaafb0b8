#include "services/relay/bodies/body_desk.h"

#include <atomic>
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
#include "libs/common/thread.h"
#include "services/relay/bodies/body_masker.h"
#include "services/relay/bodies/body_record.h"
#include "services/relay/net/buffer_cap.h"
#include "weir/v1/bodies.pb.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBatchBodiesMax = 100;
constexpr std::size_t kBatchBytesMax = 2 << 20;
constexpr std::int64_t kLookMs = 100;  // nothing wakes the thread for a late answer

struct BodyMetrics {
  explicit BodyMetrics(Metrics& metrics)
      : recorded(metrics.AddCounter("weir_relay_bodies_recorded_total",
                                    "Recorded bodies that usage has stored.")),
        rejected(metrics.AddCounter("weir_relay_bodies_rejected_total",
                                    "Recorded bodies that usage would not store.")),
        shed(metrics.AddCounter(
            "weir_relay_bodies_shed_total",
            "Requests whose bodies were not recorded, since body_queue_bytes were in use.")),
        masked(metrics.AddCounter("weir_relay_bodies_masked_total",
                                  "Places in recorded bodies that were masked.")),
        sent_bytes(metrics.AddCounter("weir_relay_bodies_sent_bytes_total",
                                      "Bytes of recorded bodies sent to usage, compressed.")) {}

  prometheus::Counter& recorded;
  prometheus::Counter& rejected;
  prometheus::Counter& shed;
  prometheus::Counter& masked;
  prometheus::Counter& sent_bytes;
};

}  // namespace

class BodyDesk::Impl {
 public:
  Impl(BodyDeskOptions options, Metrics& metrics)
      : options_(std::move(options)),
        cap_(options_.bytes_max),
        metrics_(metrics),
        backoff_(options_.reconnect_initial_ms, options_.reconnect_max_ms) {
    metrics.AddSampled(Metrics::SampledKind::kGauge, "weir_relay_bodies_held_bytes",
                       "Memory of bodies that are being recorded or wait to be stored.", {},
                       [this] { return static_cast<double>(cap_.taken()); });
  }

  void Start() {
    thread_ = std::thread([this] {
      NameBackgroundThread("bodies");
      Run();
    });
  }

  void Stop(std::int64_t timeout_ms) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_at_ns_ = SteadyNs() + timeout_ms * kNsPerMs;
    }
    Wake();
    if (thread_.joinable()) thread_.join();
  }

  bool TakeRoom(std::int64_t bytes) { return cap_.Take(bytes); }

  void Shed(std::int64_t charged_bytes) {
    cap_.Give(charged_bytes);
    Metrics::Increment(metrics_.shed);
  }

  void Submit(CapturedBodies captured) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      captured_.push_back(std::move(captured));
      woken_ = true;
    }
    wakes_.notify_one();
  }

 private:
  struct Batch {
    std::uint64_t number = 0;
    std::size_t records = 0;
    std::int64_t sent_at_ns = 0;
  };

  void Run() {
    while (!Over()) {
      const bool prepared = PrepareOne();
      const bool sent = ServeStream();
      if (!prepared && !sent) WaitForWork();
    }
    if (stream_ != nullptr) (void)stream_->Finish();
    stream_.reset();
    ShedRest();
  }

  // All is done, or the time for it is over.
  bool Over() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stop_at_ns_.has_value()) return false;
    return (captured_.empty() && ready_.empty()) || SteadyNs() >= *stop_at_ns_;
  }

  void ShedRest() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const CapturedBodies& captured : captured_) Shed(captured.charged_bytes);
    captured_.clear();
    if (!ready_.empty()) {
      LogWarning("recorded bodies were lost: usage did not take them in time",
                 {{"bodies", ready_.size()}});
    }
  }

  // Masks and compresses the bodies of one request; false: there is none.
  bool PrepareOne() {
    CapturedBodies captured;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (captured_.empty()) return false;
      captured = std::move(captured_.front());
      captured_.pop_front();
    }
    const std::int64_t charged_bytes = captured.charged_bytes;
    const BodyMasker& masker = MaskerFor(captured.rules);
    for (BodyRecord& record : MakeBodyRecords(std::move(captured), masker)) {
      Metrics::Increment(metrics_.masked, static_cast<double>(record.masked));
      // It is here already, and smaller than what it was made of.
      cap_.TakeAnyway(static_cast<std::int64_t>(record.bytes.size()));
      ready_.push_back(std::move(record.bytes));
    }
    cap_.Give(charged_bytes);
    return true;
  }

  // Rules change seldom, and all requests of a revision share them.
  const BodyMasker& MaskerFor(const std::shared_ptr<const BodyRules>& rules) {
    if (masker_ == nullptr || masker_rules_ != rules) {
      masker_ = std::make_unique<BodyMasker>(rules->mask_patterns, rules->mask_emails);
      masker_rules_ = rules;
    }
    return *masker_;
  }

  // One step of the stream, opened when there is something to send; false: nothing to do now.
  bool ServeStream() {
    if (stream_ == nullptr) {
      if (ready_.empty() || SteadyNs() < connect_at_ns_) return false;
      if (channel_ == nullptr) channel_ = MakeChannel(options_.usage_target, options_.security);
      stream_ = std::make_unique<GrpcStream>(channel_, "/weir.v1.UsageBodies/Record",
                                             options_.security, [this] { Wake(); });
    }
    std::string bytes;
    if (stream_->Take(bytes)) {
      if (!ReceiveAck(bytes)) CloseStream();
      return true;
    }
    if (stream_->ended() || AckIsLate()) {
      CloseStream();
      return false;
    }
    if (!stream_->CanWrite() || sent_records_ == ready_.size() ||
        in_flight_.size() >= static_cast<std::size_t>(options_.batches_in_flight_max)) {
      return false;
    }
    SendBatch();
    return true;
  }

  void SendBatch() {
    v1::BodyBatch batch;
    batch.set_relay_id(options_.relay_id);
    batch.set_batch_number(++last_number_);
    std::size_t records = 0;
    std::size_t bytes = 0;
    while (sent_records_ + records < ready_.size() && records < kBatchBodiesMax) {
      const std::string& record = ready_[sent_records_ + records];
      if (records > 0 && bytes + record.size() > kBatchBytesMax) break;
      batch.add_bodies()->ParseFromString(record);
      bytes += record.size();
      ++records;
    }
    sent_records_ += records;
    in_flight_.push_back({last_number_, records, SteadyNs()});
    Metrics::Increment(metrics_.sent_bytes, static_cast<double>(bytes));
    stream_->Write(batch.SerializeAsString());
  }

  bool AckIsLate() const {
    return !in_flight_.empty() &&
           SteadyNs() - in_flight_.front().sent_at_ns > options_.ack_timeout_ms * kNsPerMs;
  }

  // False: what came cannot be understood; begin anew.
  bool ReceiveAck(const std::string& bytes) {
    v1::BodyBatchAck ack;
    if (!ack.ParseFromString(bytes) || in_flight_.empty() ||
        ack.batch_number() != in_flight_.front().number) {
      LogError("the usage service acknowledged bodies that were not sent; connecting anew");
      return false;
    }
    for (std::size_t i = 0; i < in_flight_.front().records; ++i) {
      cap_.Give(static_cast<std::int64_t>(ready_.front().size()));
      ready_.pop_front();
    }
    sent_records_ -= in_flight_.front().records;
    in_flight_.pop_front();
    backoff_.Reset();
    told_of_failure_ = false;
    Metrics::Increment(metrics_.recorded, ack.inserted() + ack.duplicates());
    Metrics::Increment(metrics_.rejected, ack.rejected());
    return true;
  }

  // What was sent and not answered is sent again on the next one.
  void CloseStream() {
    const absl::Status status = stream_->Finish();
    stream_.reset();
    in_flight_.clear();
    sent_records_ = 0;
    last_number_ = 0;
    connect_at_ns_ = SteadyNs() + backoff_.NextDelayMs() * kNsPerMs;
    if (!told_of_failure_) {
      LogWarning("the stream of bodies to the usage service has ended; they wait in memory",
                 {{"target", options_.usage_target},
                  {"error", status.ToString()},
                  {"bodies", ready_.size()}});
    }
    told_of_failure_ = true;
  }

  void Wake() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      woken_ = true;
    }
    wakes_.notify_one();
  }

  void WaitForWork() {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto due = [this] { return woken_; };
    const bool waits_for_time = stream_ != nullptr || !ready_.empty() || stop_at_ns_.has_value();
    if (waits_for_time) {
      wakes_.wait_for(lock, std::chrono::milliseconds(kLookMs), due);
    } else {
      wakes_.wait(lock, due);
    }
    woken_ = false;
  }

  const BodyDeskOptions options_;
  BufferCap cap_;
  BodyMetrics metrics_;

  std::mutex mutex_;
  std::condition_variable wakes_;
  bool woken_ = false;                      // by mutex_
  std::optional<std::int64_t> stop_at_ns_;  // by mutex_
  std::deque<CapturedBodies> captured_;     // by mutex_; oldest first

  // The thread's own.
  std::unique_ptr<BodyMasker> masker_;
  std::shared_ptr<const BodyRules> masker_rules_;
  std::deque<std::string> ready_;  // serialized bodies, oldest first; the first ones are sent
  std::size_t sent_records_ = 0;   // of ready_, not yet answered
  std::deque<Batch> in_flight_;
  std::uint64_t last_number_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<GrpcStream> stream_;
  Backoff backoff_;
  std::int64_t connect_at_ns_ = 0;
  bool told_of_failure_ = false;
  std::thread thread_;
};

BodyDesk::BodyDesk(BodyDeskOptions options, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), metrics)) {}

BodyDesk::~BodyDesk() { Stop(0); }

void BodyDesk::Start() { impl_->Start(); }
void BodyDesk::Stop(std::int64_t timeout_ms) { impl_->Stop(timeout_ms); }
bool BodyDesk::TakeRoom(std::int64_t bytes) { return impl_->TakeRoom(bytes); }
void BodyDesk::Shed(std::int64_t charged_bytes) { impl_->Shed(charged_bytes); }
void BodyDesk::Submit(CapturedBodies captured) { impl_->Submit(std::move(captured)); }

}  // namespace weir::relay
