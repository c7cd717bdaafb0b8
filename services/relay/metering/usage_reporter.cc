#include "services/relay/metering/usage_reporter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <google/protobuf/io/coded_stream.h>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/grpc_stream.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "services/relay/metering/usage_spool.h"
#include "weir/v1/usage.pb.h"

namespace weir::relay {
namespace {

// A weir.v1.EventBatch, put together from events that are serialized already: parsing them only to
// serialize them again would cost more than all else here.
class BatchBytes {
 public:
  BatchBytes(const std::string& relay_id, std::uint64_t number) {
    AddBytes(kRelayIdTag, relay_id);
    AddVarint(kNumberTag);
    AddVarint(number);
  }
  void AddEvent(std::string_view event) { AddBytes(kEventTag, event); }
  const std::string& bytes() const { return bytes_; }

 private:
  static constexpr std::uint32_t kDelimited = 2;  // wire type; varint is 0
  static constexpr std::uint32_t kRelayIdTag =
      v1::EventBatch::kRelayIdFieldNumber << 3 | kDelimited;
  static constexpr std::uint32_t kNumberTag = v1::EventBatch::kBatchNumberFieldNumber << 3;
  static constexpr std::uint32_t kEventTag = v1::EventBatch::kEventsFieldNumber << 3 | kDelimited;

  void AddVarint(std::uint64_t value) {
    std::array<std::uint8_t, 10> digits{};  // GCC 12 takes them for unset at -O1
    const std::uint8_t* begin = digits.data();
    const std::uint8_t* end =
        google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, digits.data());
    bytes_.append(begin, end);
  }
  void AddBytes(std::uint32_t tag, std::string_view value) {
    AddVarint(tag);
    AddVarint(value.size());
    bytes_.append(value);
  }

  std::string bytes_;
};

}  // namespace

class UsageReporter::Impl {
 public:
  Impl(ReporterOptions options, UsageSpool& spool, Metrics& metrics)
      : options_(std::move(options)),
        spool_(spool),
        acked_(metrics.AddCounter("weir_relay_usage_acked_total",
                                  "Usage events that the usage service has committed.")),
        duplicates_(metrics.AddCounter("weir_relay_usage_duplicates_total",
                                       "Usage events that it had already.")),
        rejected_(metrics.AddCounter("weir_relay_usage_rejected_total",
                                     "Usage events that it can never store; see its log.")),
        reconnects_(metrics.AddCounter("weir_relay_usage_reconnects_total",
                                       "Streams to the usage service that ended.")),
        connected_(metrics.AddGauge("weir_relay_usage_connected",
                                    "1 while the stream to the usage service is open.")),
        backoff_(options_.reconnect_initial_ms, options_.reconnect_max_ms) {}

  void Start() {
    thread_ = std::thread([this] {
      NameBackgroundThread("usage reporter");
      Run();
    });
  }

  void Stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  bool Drain(std::int64_t timeout_ms) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    draining_.store(true, std::memory_order_relaxed);
    Wake();
    std::unique_lock<std::mutex> lock(mutex_);
    const bool done =
        wakes_.wait_until(lock, deadline, [this] { return spool_.events_pending() == 0; });
    draining_.store(false, std::memory_order_relaxed);
    return done;
  }

  std::int64_t events_acked() const { return events_acked_.load(std::memory_order_relaxed); }

 private:
  struct Batch {
    std::uint64_t number = 0;
    std::vector<SpoolSpan> spans;
    std::int64_t events = 0;
    std::int64_t sent_at_ns = 0;
  };

  void Run() {
    const std::shared_ptr<grpc::Channel> channel =
        MakeChannel(options_.usage_target, options_.security);
    std::string last_error;
    while (!stopping()) {
      GrpcStream stream(channel, "/weir.v1.UsageIngest/Report", options_.security,
                        [this] { Wake(); });
      Serve(stream);
      const bool was_connected = stream.connected();
      const absl::Status status = stream.Finish();
      Metrics::Set(connected_, 0);
      if (stopping()) return;
      Metrics::Increment(reconnects_);
      std::string error = status.ToString();
      if (was_connected || error != last_error) {
        LogWarning("the stream to the usage service has ended; events wait in the spool",
                   {{"target", options_.usage_target},
                    {"error", error},
                    {"events_pending", spool_.events_pending()}});
      }
      last_error = std::move(error);
      SleepMs(backoff_.NextDelayMs());
    }
  }

  // One stream, until it ends, or has to, or Stop().
  void Serve(GrpcStream& stream) {
    spool_.Rewind();
    in_flight_.clear();
    events_in_flight_ = 0;
    last_number_ = 0;
    std::string bytes;
    while (!stopping() && !stream.ended()) {
      if (stream.Take(bytes)) {
        if (!ReceiveAck(bytes)) return;
        continue;
      }
      if (stream.connected()) Metrics::Set(connected_, 1);
      if (AckIsLate()) {
        LogWarning("the usage service does not acknowledge; connecting anew",
                   {{"timeout_ms", options_.ack_timeout_ms}});
        return;
      }
      if (stream.CanWrite() && BatchIsDue()) {
        SendBatch(stream);
        continue;
      }
      WaitForWork();
    }
  }

  bool BatchIsDue() const {
    if (in_flight_.size() >= static_cast<std::size_t>(options_.batches_in_flight_max)) return false;
    const std::int64_t unsent = spool_.events_pending() - events_in_flight_;
    if (unsent <= 0) return false;
    return unsent >= options_.batch_events_max || draining_.load(std::memory_order_relaxed) ||
           SteadyNs() - last_sent_at_ns_ >= options_.batch_age_ms * kNsPerMs;
  }

  void SendBatch(GrpcStream& stream) {
    last_sent_at_ns_ = SteadyNs();
    BatchBytes message(options_.relay_id, last_number_ + 1);
    std::vector<SpoolSpan> spans =
        spool_.Read(options_.batch_events_max, options_.batch_bytes_max,
                    [&](std::string_view event) { message.AddEvent(event); });
    if (spans.empty()) return;
    std::int64_t events = 0;
    for (const SpoolSpan& span : spans) events += span.events;
    in_flight_.push_back({++last_number_, std::move(spans), events, last_sent_at_ns_});
    events_in_flight_ += events;
    stream.Write(message.bytes());
  }

  bool AckIsLate() const {
    return !in_flight_.empty() &&
           SteadyNs() - in_flight_.front().sent_at_ns > options_.ack_timeout_ms * kNsPerMs;
  }

  // False: what came cannot be understood, and with it what was meant; begin anew.
  bool ReceiveAck(const std::string& bytes) {
    v1::BatchAck ack;
    if (!ack.ParseFromString(bytes) || in_flight_.empty() ||
        ack.batch_number() != in_flight_.front().number) {
      LogError("the usage service acknowledged what was not sent; connecting anew");
      return false;
    }
    const Batch batch = std::move(in_flight_.front());
    in_flight_.pop_front();
    events_in_flight_ -= batch.events;
    spool_.MarkAcked(batch.spans);
    backoff_.Reset();
    events_acked_.fetch_add(batch.events, std::memory_order_relaxed);
    Metrics::Increment(acked_, static_cast<double>(batch.events));
    Metrics::Increment(duplicates_, ack.duplicates());
    if (ack.rejected() > 0) {
      Metrics::Increment(rejected_, ack.rejected());
      LogError("the usage service cannot store some events; they are in its log",
               {{"events", ack.rejected()}});
    }
    if (draining_.load(std::memory_order_relaxed)) Wake();  // Drain waits for this
    return true;
  }

  void Wake() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      woken_ = true;
    }
    wakes_.notify_all();
  }

  // Appending wakes nobody, since that would cost a system call; so the spool is looked at now and
  // then.
  void WaitForWork() {
    std::unique_lock<std::mutex> lock(mutex_);
    wakes_.wait_for(lock,
                    std::chrono::milliseconds(std::max<std::int64_t>(options_.batch_age_ms, 1)),
                    [this] { return woken_ || stopping_; });
    woken_ = false;
  }

  void SleepMs(std::int64_t ms) {
    std::unique_lock<std::mutex> lock(mutex_);
    wakes_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
  }

  bool stopping() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopping_;
  }

  const ReporterOptions options_;
  UsageSpool& spool_;
  prometheus::Counter& acked_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& rejected_;
  prometheus::Counter& reconnects_;
  prometheus::Gauge& connected_;
  std::atomic<std::int64_t> events_acked_{0};
  std::atomic<bool> draining_{false};

  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;  // by mutex_
  bool woken_ = false;     // by mutex_

  // The thread's own.
  Backoff backoff_;
  std::deque<Batch> in_flight_;  // oldest first
  std::int64_t events_in_flight_ = 0;
  std::uint64_t last_number_ = 0;
  std::int64_t last_sent_at_ns_ = 0;
  std::thread thread_;
};

UsageReporter::UsageReporter(ReporterOptions options, UsageSpool& spool, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), spool, metrics)) {}

UsageReporter::~UsageReporter() { Stop(); }

void UsageReporter::Start() { impl_->Start(); }
void UsageReporter::Stop() { impl_->Stop(); }
bool UsageReporter::Drain(std::int64_t timeout_ms) { return impl_->Drain(timeout_ms); }
std::int64_t UsageReporter::events_acked() const { return impl_->events_acked(); }

}  // namespace weir::relay
