#include "services/usage/ingest_service.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/sync_stream.h>

#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/usage/event_check.h"
#include "services/usage/event_proto.h"
#include "services/usage/grpc_edge.h"
#include "weir/v1/usage.grpc.pb.h"

namespace weir::usage {
namespace {

using Stream = grpc::ServerReaderWriter<v1::BatchAck, v1::EventBatch>;

constexpr int kBatchEventsMax = 1000;  // of the contract

// A batch that is queued; its answer follows when `outcome` is there.
struct PendingAck {
  std::uint64_t batch_number = 0;
  std::uint32_t rejected = 0;
  std::future<absl::StatusOr<BatchOutcome>> outcome;
};

// Writes the answers of one stream, in order, while another thread reads it.
class Answerer {
 public:
  Answerer(Stream& stream, std::atomic<std::int64_t>& unanswered)
      : stream_(stream), unanswered_(unanswered), thread_([this] { Run(); }) {}

  ~Answerer() {
    Add(std::nullopt);
    thread_.join();
  }

  // nullopt: nothing more comes.
  void Add(std::optional<PendingAck> pending) {
    if (pending) ++unanswered_;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      pending_.push_back(std::move(pending));
    }
    added_.notify_one();
  }

 private:
  void Run() {
    for (std::optional<PendingAck> pending = Take(); pending; pending = Take()) {
      Answer(*pending);
      --unanswered_;
    }
  }

  std::optional<PendingAck> Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    added_.wait(lock, [this] { return !pending_.empty(); });
    std::optional<PendingAck> pending = std::move(pending_.front());
    pending_.pop_front();
    return pending;
  }

  // Acks are in order, so a batch that was not committed ends them: the relay sends it again on its
  // next stream.
  void Answer(PendingAck& pending) {
    const absl::StatusOr<BatchOutcome> outcome = pending.outcome.get();
    if (!outcome.ok()) failed_ = true;
    if (failed_) return;
    v1::BatchAck ack;
    ack.set_batch_number(pending.batch_number);
    ack.set_inserted(static_cast<std::uint32_t>(outcome->inserted));
    ack.set_duplicates(static_cast<std::uint32_t>(outcome->duplicates));
    ack.set_rejected(pending.rejected +
                     static_cast<std::uint32_t>(outcome->too_old + outcome->refused));
    if (!stream_.Write(ack)) failed_ = true;
  }

  Stream& stream_;
  std::atomic<std::int64_t>& unanswered_;
  bool failed_ = false;  // the thread's own
  std::mutex mutex_;     // guards pending_
  std::condition_variable added_;
  std::deque<std::optional<PendingAck>> pending_;
  std::thread thread_;
};

}  // namespace

class IngestService::Impl final : public v1::UsageIngest::Service {
 public:
  Impl(BatchWriter& writer, const GrpcSecurity& security, UsageMetrics& metrics)
      : writer_(writer), security_(security), metrics_(metrics) {}

  grpc::Status Report(grpc::ServerContext* context, Stream* stream) override {
    if (absl::Status status = CheckToken(*context, security_); !status.ok()) {
      return ToGrpcStatus(status);
    }
    Metrics::Set(metrics_.ingest_streams, static_cast<double>(++streams_));
    absl::Status status = Serve(*context, *stream);
    Metrics::Set(metrics_.ingest_streams, static_cast<double>(--streams_));
    return ToGrpcStatus(status);
  }

  std::atomic<bool> stopping = false;
  std::atomic<std::int64_t> unanswered = 0;

 private:
  // Returns when the relay ends the stream, after the last answer.
  absl::Status Serve(const grpc::ServerContext& context, Stream& stream) {
    Answerer answerer(stream, unanswered);
    v1::EventBatch batch;
    while (stream.Read(&batch)) {
      if (stopping) return absl::UnavailableError("usage is stopping");
      if (batch.events_size() > kBatchEventsMax) {
        return absl::InvalidArgumentError(
            StrCat("a batch holds at most ", kBatchEventsMax, " events"));
      }
      PendingAck pending;
      pending.batch_number = batch.batch_number();
      std::vector<UsageEvent> events = Accept(batch, pending.rejected);
      // Blocks while the queue is full: then this stream is not read, and the relay has to wait.
      absl::StatusOr<std::future<absl::StatusOr<BatchOutcome>>> outcome =
          writer_.Submit(std::move(events), [&context] { return context.IsCancelled(); });
      if (!outcome.ok()) return outcome.status();
      pending.outcome = *std::move(outcome);
      answerer.Add(std::move(pending));
    }
    return absl::OkStatus();
  }

  // The events that can be stored.
  std::vector<UsageEvent> Accept(const v1::EventBatch& batch, std::uint32_t& rejected) {
    std::vector<UsageEvent> events;
    events.reserve(static_cast<std::size_t>(batch.events_size()));
    for (const v1::UsageEvent& proto : batch.events()) {
      UsageEvent event = EventFromProto(proto);
      TrimEvent(event);
      if (absl::Status status = CheckEvent(event); !status.ok()) {
        ++rejected;
        Metrics::Increment(metrics_.events_rejected);
        LogError("event rejected", {{"relay_id", event.relay_id},
                                    {"reason", View(status.message())},
                                    {"key_id", event.key_id},
                                    {"cost_nano_usd", event.cost_nano_usd}});
        continue;
      }
      CompareCost(event);
      events.push_back(std::move(event));
    }
    return events;
  }

  // The relay's figure stands, because budgets were kept by it; that it differs must be seen.
  void CompareCost(const UsageEvent& event) {
    const std::int64_t expected = ExpectedCostNanoUsd(event);
    if (expected == event.cost_nano_usd) return;
    Metrics::Increment(metrics_.cost_mismatches);
    LogWarning("cost differs from tokens and price", {{"request_id", UuidToText(event.id)},
                                                      {"relay_id", event.relay_id},
                                                      {"sent_nano_usd", event.cost_nano_usd},
                                                      {"expected_nano_usd", expected}});
  }

  BatchWriter& writer_;
  const GrpcSecurity& security_;
  UsageMetrics& metrics_;
  std::atomic<int> streams_ = 0;
};

IngestService::IngestService(BatchWriter& writer, const GrpcSecurity& security,
                             UsageMetrics& metrics)
    : impl_(std::make_unique<Impl>(writer, security, metrics)) {}

IngestService::~IngestService() = default;

grpc::Service& IngestService::service() { return *impl_; }

void IngestService::StopReading() { impl_->stopping = true; }

void IngestService::WaitForAnswers(std::int64_t timeout_ms) {
  constexpr std::int64_t kPollMs = 5;
  for (std::int64_t waited_ms = 0; impl_->unanswered > 0 && waited_ms < timeout_ms;
       waited_ms += kPollMs) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
}

}  // namespace weir::usage
